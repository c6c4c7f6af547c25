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
  given to `Environment` over these.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pytest_helmsim.template.functions import builtins
from pytest_helmsim.template.signatures import Function

_MODULES: tuple[Mapping[str, Function], ...] = (builtins.TABLE,)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({name: function for table in _MODULES for name, function in table.items()})
