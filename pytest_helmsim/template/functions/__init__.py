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

import random
from collections.abc import Mapping
from types import MappingProxyType

from pytest_helmsim.objects.clock import Clock, RealClock
from pytest_helmsim.template.functions import (
    builtins,
    cases,
    certificates,
    dates,
    defaults,
    dicts,
    encoding,
    hashes,
    helm_codecs,
    helm_durations,
    lists,
    numbers,
    paths,
    randoms,
    reflection,
    regexes,
    semver,
    text,
    urls,
)
from pytest_helmsim.template.signatures import Function

_PURE: tuple[Mapping[str, Function], ...] = (
    text.TABLE,
    cases.TABLE,
    defaults.TABLE,
    lists.TABLE,
    dicts.TABLE,
    numbers.TABLE,
    reflection.TABLE,
    encoding.TABLE,
    regexes.TABLE,
    semver.TABLE,
    paths.TABLE,
    urls.TABLE,
    hashes.TABLE,
    helm_durations.TABLE,
)

HELM_4_ONLY: frozenset[str] = frozenset({"mustToYaml", "mustToToml", *helm_durations.TABLE})


def bound_to(clock: Clock, seed: int | None = None) -> Mapping[str, Function]:
    """The functions that ask for the time or for randomness, over a clock and a seed; without a seed from the system's randomness.

    Keys and certificates are random whatever the seed.
    """
    source = random.SystemRandom() if seed is None else random.Random(seed)
    return _joined(dates.table(clock), certificates.table(clock), randoms.table(source), hashes.random_table(source.randbytes))


def _joined(*tables: Mapping[str, Function]) -> Mapping[str, Function]:
    result: dict[str, Function] = {}
    for table in tables:
        if twice := result.keys() & table.keys():
            raise ValueError(f"template functions registered twice: {sorted(twice)}")
        result.update(table)
    return result


FUNCTIONS: Mapping[str, Function] = MappingProxyType({**builtins.TABLE, **_joined(*_PURE, bound_to(RealClock())), **helm_codecs.TABLE})
"""All functions by name; sprig's `slice` replaces Go's, Helm's JSON and YAML functions those of sprig."""
