"""TOML as BurntSushi's library writes it: plain values before tables, both by sorted keys, tables indented by depth, nils left out.

Source: github.com/BurntSushi/toml v1.6.0 encode.go.
"""

from __future__ import annotations

from typing import Any

from pytest_helmsim.template import gofmt
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions import layouts
from pytest_helmsim.template.functions.instants import UTC_LOCATION
from pytest_helmsim.template.functions.reflection import elements
from pytest_helmsim.template.functions.runes import to_bytes, valid
from pytest_helmsim.template.functions.times import Duration, Time
from pytest_helmsim.template.functions.toml_reader import TomlError, decode
from pytest_helmsim.template.functions.toml_tables import Key, dotted, key_part, quoted
from pytest_helmsim.template.values import GoObject, Value, go_kind

__all__ = ["TomlError", "decode", "encode"]

MAX_DEPTH = 500
_LOCAL_LAYOUTS = {
    "datetime-local": "2006-01-02T15:04:05.999999999",
    "date-local": "2006-01-02",
    "time-local": "15:04:05.999999999",
}


def encode(value: Value) -> str:
    """TOML text; raise TomlError for what has no form in TOML."""
    if value is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
    writer = _Writer()
    writer.entry((), value)
    return "".join(writer.out)


def _kind(value: Value) -> str:
    """TOML's type: scalar, array, table, tables (an array of tables only) or nil."""
    if value is None:
        return "nil"
    if isinstance(value, str | bool | int | float | Time) or hasattr(value, "marshal_json"):
        return "table" if isinstance(value, dict) and not isinstance(value, Time) else "array" if isinstance(value, list) else "scalar"
    kind = go_kind(value)
    if kind in ("slice", "array"):
        kinds = [_kind(item) for item in elements(value)]
        if "nil" in kinds:
            raise TomlError("toml: cannot encode array with nil element")
        return "tables" if kinds and set(kinds) == {"table"} else "array"
    if kind == "map" or (isinstance(value, GoObject) and kind in ("struct", "ptr")):
        return "table"
    raise TomlError(f"unsupported type: {kind}")


class _Writer:
    """Collects the output; a blank line is written before a table only when something stands before it."""

    def __init__(self) -> None:
        self.out: list[str] = []

    def _newline(self) -> None:
        if self.out:
            self.out.append("\n")

    def entry(self, key: Key, value: Value) -> None:
        """A key with its value, a table or an array of tables; nothing for nil."""
        kind = _kind(value)
        if kind == "nil":
            return
        if len(key) > MAX_DEPTH:
            raise FunctionError(f"value is nested deeper than the limit of {MAX_DEPTH}")
        if kind == "table":
            if len(key) == 1:
                self._newline()
            if key:
                self.out.append(f"{self._indent(key)}[{dotted(key)}]")
                self._newline()
            self._table(key, value)
        elif kind == "tables":
            self._tables(key, elements(value))
        else:
            self._key_value(key, value, inline=False)

    def _indent(self, key: Key) -> str:
        return "  " * (len(key) - 1)

    def _tables(self, key: Key, items: list[Value]) -> None:
        if not key:
            raise TomlError("toml: top-level values must be Go maps or structs")
        for item in items:
            self._newline()
            self.out.append(f"{self._indent(key)}[[{dotted(key)}]]")
            self._newline()
            self._table(key, item)

    def _key_value(self, key: Key, value: Value, *, inline: bool) -> None:
        if not key:
            self._element(value)
            return
        self.out.append(f"{self._indent(key)}{key_part(key[-1])} = ")
        self._element(value)
        if not inline:
            self._newline()

    def _members(self, value: Value) -> tuple[list[tuple[str, Value]], list[tuple[str, Value]]]:
        if isinstance(value, dict):
            pairs = sorted(value.items(), key=_by_bytes)
        else:
            pairs = [(name, getattr(value, attribute)) for name, attribute in value.fields.items()]
        direct: list[tuple[str, Value]] = []
        nested: list[tuple[str, Value]] = []
        for name, item in pairs:
            if not isinstance(name, str):
                raise TomlError("toml: cannot encode a map with non-string key type")
            (nested if _kind(item) in ("table", "tables") else direct).append((name, item))
        return direct, nested

    def _table(self, key: Key, value: Value) -> None:
        direct, nested = self._members(value)
        for name, item in direct + nested:
            self.entry((*key, name), item)

    def _element(self, value: Value) -> None:
        if isinstance(value, Time):
            layout = _LOCAL_LAYOUTS.get(value.instant.location.name)
            self.out.append(layouts.format(value.instant.within(UTC_LOCATION) if layout else value.instant, layout or layouts.RFC3339_NANO))
        elif isinstance(value, Duration):
            self.out.append(quoted(value.go_string()))
        elif isinstance(value, str):
            self.out.append(quoted(valid(value)))
        elif isinstance(value, bool):
            self.out.append("true" if value else "false")
        elif isinstance(value, int):
            self.out.append(str(int(value)))
        elif isinstance(value, float):
            self.out.append(_float(value))
        elif go_kind(value) in ("slice", "array"):
            self._array(elements(value))
        elif hasattr(value, "marshal_json") and not isinstance(value, dict):
            self.out.append(quoted(value.go_string() or ""))
        else:
            self._inline_table(value)

    def _array(self, items: list[Value]) -> None:
        self.out.append("[")
        for index, item in enumerate(items):
            if index:
                self.out.append(", ")
            self._element(item)
        self.out.append("]")

    def _inline_table(self, value: Value) -> None:
        direct, nested = self._members(value)
        self.out.append("{")
        for group, trailing in ((direct, bool(nested)), (nested, False)):
            for index, (name, item) in enumerate(group):
                if item is None:
                    continue
                self._key_value((name,), item, inline=True)
                if trailing or index < len(group) - 1:
                    self.out.append(", ")
        self.out.append("}")


def _by_bytes(pair: tuple[Any, Value]) -> bytes:
    return to_bytes(str(pair[0]))


def _float(number: float) -> str:
    if number != number:
        return "nan"
    if number in (float("inf"), float("-inf")):
        return "inf" if number > 0 else "-inf"
    text = gofmt.show_reflected(number)
    return text if "." in text or "e" in text else text + ".0"
