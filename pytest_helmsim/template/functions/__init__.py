"""The functions that templates may call: one table, `FUNCTIONS`, put together from one module for each subject.

**The convention.** A function is a plain Python callable on already evaluated values (see `template/values.py`), registered with
Go's signature, from which the caller checks number and types of arguments with Go's messages before it calls:

    from pytest_helmsim.template.errors import FunctionError
    from pytest_helmsim.template.signatures import Table

    TABLE = Table()

    @TABLE.function("trunc", "int", "string", result="string")      # func trunc(c int, s string) string
    def trunc(count: int, text: str) -> str: ...

    @TABLE.function("default", "any", variadic="any")               # func dfault(d interface{}, given ...interface{}) interface{}
    def default(fallback: Value, *given: Value) -> Value: ...

    @TABLE.function("mustRegexMatch", "string", "string", result="bool")   # aliases: stack decorators
    def must_regex_match(pattern: str, text: str) -> bool:
        raise FunctionError("error parsing regexp: …")               # Go returned an error (or panicked)

- Types are Go's names: string, bool, int, int64, float64, any (interface {}), reflect.Value, []string, []any, map[string]any …;
  `variadic="string"` is `...string`; the callable takes those as `*args`.
- A "string" parameter is always a `str`, an "int" one an `int` (never `Int64`, `bool` or `float`: Go refuses those with
  "wrong type for value; expected int; got float64"). A literal number in the template arrives in the parameter's type (`3` is 3.0
  for float64, `Int64(3)` for int64). "any" parameters get anything, nil as None. A map, slice or pointer parameter may get None (nil).
- Results carry their Go type: `Int64(…)` for int64, `StringList([...])` for []string, plain `list`/`dict` for []interface {} and
  map[string]interface {}. Arguments are never changed, but for those of `set`, `unset` and `merge`, which change theirs in Go too.
- Raise `FunctionError(message)` for Go's error return and for a Go panic ("runtime error: integer divide by zero"); the caller adds
  `error calling NAME: `. Let nothing else escape. Untrusted input: refuse results above `limits.MAX_RESULT` bytes or items by
  `limits.check_size(n)` before they are built.
- What depends on a rendering (clock, randomness, the environment) is a closure made with `signatures.define(name, call, *types)` and
  given to `Environment` over these. `bound_to(clock, seed)` gives those of this package: dates, certificates, random strings.
- `FUNCTIONS` has Helm 4's functions; Helm 3 lacks those of `HELM_4_ONLY`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from pytest_helmsim.objects.clock import Clock, RealClock
from pytest_helmsim.template.signatures import Function, Homed, Layered

_FAMILIES: Final = {
    "builtins": "and or not eq ne lt le gt ge index len call print printf println html js urlquery",
    "text": (
        "hello toString toStrings trim trimAll trimall trimSuffix trimPrefix contains hasPrefix hasSuffix replace repeat trunc"
        " substr abbrev abbrevboth nospace initials wrap wrapWith quote squote cat indent nindent plural join splitList split"
        " splitn sortAlpha"
    ),
    "cases": "upper lower title untitle swapcase camelcase snakecase kebabcase",
    "defaults": "default empty coalesce all any ternary fail getHostByName",
    "lists": (
        "list tuple mustPush mustAppend push append mustPrepend prepend mustFirst first mustLast last mustRest rest mustInitial"
        " initial mustReverse reverse mustCompact compact mustUniq uniq mustWithout without mustHas has mustSlice slice concat"
        " mustChunk chunk"
    ),
    "dicts": (
        "dict get set unset hasKey pluck keys values pick omit mustMerge merge mustMergeOverwrite mergeOverwrite mustDeepCopy deepCopy dig"
    ),
    "numbers": (
        "atoi int64 int float64 toDecimal add1 add sub mul div mod max biggest min maxf minf floor ceil round add1f addf subf"
        " mulf divf until untilStep seq"
    ),
    "reflection": "deepEqual typeOf kindOf typeIs typeIsLike kindIs",
    "encoding": "b64enc b64dec b32enc b32dec mustFromJson mustToJson toPrettyJson mustToPrettyJson mustToRawJson toRawJson",
    "regexes": (
        "regexMatch mustRegexMatch regexFindAll mustRegexFindAll regexFind mustRegexFind regexReplaceAll mustRegexReplaceAll"
        " regexReplaceAllLiteral mustRegexReplaceAllLiteral regexSplit mustRegexSplit regexQuoteMeta"
    ),
    "semver": "semver semverCompare",
    "paths": "osClean clean osBase base osDir dir osExt ext osIsAbs isAbs",
    "urls": "urlParse urlJoin",
    "hashes": "sha1sum sha256sum sha512sum adler32sum derivePassword decryptAES",
    "helm_durations": (
        "mustToDuration durationSeconds durationMinutes durationHours durationDays durationWeeks durationMilliseconds"
        " durationMicroseconds durationNanoseconds durationRoundTo durationTruncateTo"
    ),
    "helm_codecs": "toYaml mustToYaml toYamlPretty fromYaml fromYamlArray toJson fromJson fromJsonArray toToml mustToToml fromToml",
}
"""The names of each module's functions, so that a module is imported when a template first calls one of them."""
_BOUND: Final = {
    "dates": (
        "now ago date htmlDate htmlDateInZone dateInZone date_in_zone dateModify date_modify mustDateModify must_date_modify duration"
        " durationRound toDate mustToDate unixEpoch"
    ),
    "certificates": (
        "genPrivateKey buildCustomCert genCA genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey"
    ),
    "randoms": "randAlphaNum randAlpha randNumeric randAscii randBytes randInt uuidv4 shuffle",
    "hashes": "bcrypt htpasswd encryptAES",
}
"""The same for those that ask for the time or for randomness."""

HELM_4_ONLY: frozenset[str] = frozenset({"mustToYaml", "mustToToml", *_FAMILIES["helm_durations"].split()})


class _Lazy(Homed):
    """The functions of modules that are imported when they are needed."""

    def __init__(self, families: Mapping[str, str], table: Callable[[Any, str], Mapping[str, Function]]) -> None:
        self._homes: Mapping[str, str] = {name: family for family, names in families.items() for name in names.split()}
        self._table = table
        self._made: dict[str, Mapping[str, Function]] = {}

    def __getitem__(self, name: str) -> Function:
        family = self._homes[name]
        made = self._made.get(family)
        if made is None:
            made = self._made[family] = self._table(import_module(f"{__name__}.{family}"), family)
        return made[name]


def bound_to(clock: Clock, seed: int | None = None) -> Mapping[str, Function]:
    """The functions that ask for the time or for randomness, over a clock and a seed; without a seed from the system's randomness.

    Keys and certificates are random whatever the seed.
    """

    @functools.cache
    def random_source() -> Any:
        import random

        return random.SystemRandom() if seed is None else random.Random(seed)

    def table(module: Any, family: str) -> Mapping[str, Function]:
        if family in ("dates", "certificates"):
            return module.table(clock)  # type: ignore[no-any-return]
        source = random_source()
        return module.table(source) if family == "randoms" else module.random_table(source.randbytes)  # type: ignore[no-any-return]

    return _Lazy(_BOUND, table)


_UNBOUND: Final = _Lazy(_FAMILIES, lambda module, _: module.TABLE)
COMMON: Final = Layered(_UNBOUND, without=("fail", "getHostByName"))
"""The functions that every rendering has as they are: nothing about them depends on it."""
FUNCTIONS: Mapping[str, Function] = Layered(_UNBOUND, bound_to(RealClock()))
"""All functions by name; sprig's `slice` replaces Go's, Helm's JSON and YAML functions those of sprig."""
