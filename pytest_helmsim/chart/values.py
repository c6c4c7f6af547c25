"""Values: what the user gave, merged, and laid over the defaults of a chart and its subcharts.

`coalesce` is the final form, in which null removes; `merge` keeps nulls for a later pass. Neither changes its arguments.
Both versions' rules are reproduced step by step, since what they do with null follows from the steps, not from an idea.

Source: helm.sh/helm pkg/chartutil/coalesce.go ([3]), pkg/chart/common/util/coalesce.go ([4]), pkg/cli/values/options.go.
"""

from __future__ import annotations

import json
import logging
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from pytest_helmsim.chart import set_flags
from pytest_helmsim.chart.errors import ValuesError
from pytest_helmsim.chart.model import Chart
from pytest_helmsim.chart.values_file import merge_maps, read_values
from pytest_helmsim.objects import json as plain
from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.yamlio import YamlError
from pytest_helmsim.template.values import go_type

GLOBAL: Final = "global"
_log = logging.getLogger(__name__)

Warn = Callable[[str], object]


class Options(NamedTuple):
    """The value options of a command line, each in the order given. `read` gives a file's bytes (`-` is standard input)."""

    files: tuple[str, ...] = ()
    set: tuple[str, ...] = ()
    set_string: tuple[str, ...] = ()
    set_json: tuple[str, ...] = ()
    set_file: tuple[str, ...] = ()
    set_literal: tuple[str, ...] = ()
    read: Callable[[str], bytes] | None = None

    def merge(self, *, flavour: Flavour = HELM4) -> JsonObject:
        """One map: files in order, then set-json, set, set-string, set-file, set-literal."""
        base: JsonObject = {}
        for path in self.files:
            try:
                base = merge_maps(base, read_values(self._read(path), flavour=flavour))
            except YamlError as error:
                raise ValuesError(f"failed to parse {path}: {error}") from error
        for text in self.set_json:
            base = _merge_json(text, base, flavour)
        for text in self.set:
            _apply("--set", set_flags.parse_into, text, base, flavour)
        for text in self.set_string:
            _apply("--set-string", set_flags.parse_string_into, text, base, flavour)
        for text in self.set_file:
            _apply("--set-file", self._parse_file_into, text, base, flavour)
        for text in self.set_literal:
            _apply("--set-literal", set_flags.parse_literal_into, text, base, flavour)
        return base

    def _parse_file_into(self, text: str, values: JsonObject) -> None:
        set_flags.parse_file_into(text, values, lambda path: self._read(path).decode("utf-8", "surrogateescape"))

    def _read(self, path: str) -> bytes:
        if self.read is not None:
            return self.read(path)
        scheme = urllib.parse.urlsplit(path).scheme
        if scheme in ("http", "https", "oci"):
            raise UnsupportedFeature(f"values from the URL {path}", "download the file and give its path")
        try:
            return Path(path).read_bytes()
        except OSError as error:
            raise ValuesError(f"open {path}: {(error.strerror or str(error)).lower()}") from error


def _apply(option: str, parse: Callable[[str, JsonObject], None], text: str, values: JsonObject, flavour: Flavour) -> None:
    try:
        parse(text, values)
    except set_flags.UnterminatedIndex as error:
        if flavour == HELM3:
            raise ValuesError(f"failed parsing {option} data: {error}") from error
    except ValuesError as error:
        raise ValuesError(f"failed parsing {option} data: {error}") from error


def _merge_json(text: str, values: JsonObject, flavour: Flavour) -> JsonObject:
    trimmed = text.strip()
    if flavour == HELM4 and trimmed.startswith("{"):
        try:
            document = json.loads(trimmed, parse_int=float)
        except (ValueError, RecursionError) as error:
            raise ValuesError(f"failed parsing --set-json data JSON: {text}") from error
        return merge_maps(values, document)
    try:
        set_flags.parse_json_into(text, values)
    except set_flags.UnterminatedIndex as error:
        if flavour == HELM3:
            raise ValuesError(f"failed parsing --set-json data {text}") from error
    except ValuesError as error:
        raise ValuesError(f"failed parsing --set-json data {text}") from error
    return values


def coalesce(chart: Chart, values: JsonObject | None, *, flavour: Flavour, warn: Warn = _log.warning) -> JsonObject:
    """The values a chart is rendered with: `values` over its defaults, its subcharts' sections filled likewise."""
    return _Coalescing(flavour=flavour, keep_nulls=False, warn=warn).run(chart, plain.copy(values or {}), "")


def merge(chart: Chart, values: JsonObject | None, *, flavour: Flavour, warn: Warn = _log.warning) -> JsonObject:
    """The same, with nulls kept."""
    return _Coalescing(flavour=flavour, keep_nulls=True, warn=warn).run(chart, plain.copy(values or {}), "")


def coalesce_tables(over: JsonObject | None, under: JsonObject | None, *, warn: Warn = _log.warning) -> JsonObject:
    """`over` completed from `under`, where null in `over` removes what `under` has. New maps."""
    return _tables(plain.copy(over), plain.copy(under), "", False, warn) or {}


def merge_tables(over: JsonObject | None, under: JsonObject | None, *, warn: Warn = _log.warning) -> JsonObject:
    """`over` completed from `under`, nulls kept. New maps."""
    return _tables(plain.copy(over), plain.copy(under), "", True, warn) or {}


@dataclass(frozen=True, slots=True)
class _Coalescing:
    """One pass over a tree of charts; it changes the maps that it is given."""

    flavour: Flavour
    keep_nulls: bool
    warn: Warn

    def run(self, chart: Chart, values: JsonObject, prefix: str) -> JsonObject:
        self._own_defaults(chart, values, prefix)
        below = _join(prefix, chart.name)
        for child in chart.dependencies:
            section = values.setdefault(child.name, {})
            if not isinstance(section, dict):
                raise ValuesError(f"type mismatch on {child.name}: {_as_boolean(section)}")
            self._globals(section, values, below)
            values[child.name] = self.run(child, section, below)
        return values

    def _own_defaults(self, chart: Chart, values: JsonObject, prefix: str) -> None:
        path = _join(prefix, chart.name)
        clean = self.flavour == HELM4
        for key, default in plain.copy(chart.values or {}).items():
            if key not in values:
                if not self.keep_nulls and clean:
                    if default is None:
                        continue
                    if isinstance(default, dict):
                        _drop_nulls(default)
                values[key] = default
                continue
            value = values[key]
            if value is None and not self.keep_nulls:
                del values[key]
            elif isinstance(value, dict):
                if not isinstance(default, dict):
                    if default is not None:
                        self.warn(f"warning: skipped value for {path}.{key}: Not a table.")
                    continue
                keep_nulls = self.keep_nulls or any(child.name == key for child in chart.dependencies)
                if not keep_nulls and clean:
                    _drop_nulls(default)
                _tables(value, default, _join(path, key), keep_nulls, self.warn)

    def _globals(self, target: JsonObject, source: JsonObject, prefix: str) -> None:
        """The parent's globals into the child's, the parent's winning."""
        own = target.get(GLOBAL, {}) if GLOBAL in target else {}
        if not isinstance(own, dict):
            self.warn(f"warning: skipping globals because destination {GLOBAL} is not a table.")
            return
        given = source.get(GLOBAL, {}) if GLOBAL in source else {}
        if not isinstance(given, dict):
            self.warn(f"warning: skipping globals because source {GLOBAL} is not a table.")
            return
        for key, value in given.items():
            if isinstance(value, dict):
                twin = dict(value)
                if key not in own:
                    own[key] = twin
                elif not isinstance(own[key], dict):
                    self.warn(f"Conflict: cannot merge map onto non-map for {json.dumps(key)}. Skipping.")
                else:
                    _tables(twin, own[key], _join(prefix, key), True, self.warn)
                    own[key] = twin
            elif isinstance(own.get(key), dict):
                self.warn(f"key {key} is table. Skipping")
            else:
                own[key] = value
        target[GLOBAL] = own


def _tables(over: JsonObject | None, under: JsonObject | None, prefix: str, keep_nulls: bool, warn: Warn) -> JsonObject | None:
    """`over` completed from `under` in place (and `under` gets the nulls of `over`)."""
    if under is None:
        return over
    if over is None:
        return under
    given = {key for key, value in under.items() if value is not None}
    for key, value in over.items():
        if value is None:
            under[key] = None
    for key, default in under.items():
        if key not in over:
            over[key] = default
            continue
        value = over[key]
        if value is None and not keep_nulls and key in given:
            del over[key]
        elif isinstance(default, dict):
            if isinstance(value, dict):
                _tables(value, default, _join(prefix, key), keep_nulls, warn)
            else:
                warn(f"warning: cannot overwrite table with non table for {_join(prefix, key)} ({_show(default)})")
        elif isinstance(value, dict) and default is not None:
            warn(f"warning: destination for {_join(prefix, key)} is a table. Ignoring non-table value ({_show(default)})")
    return over


def _drop_nulls(table: JsonObject) -> None:
    for key in [key for key, value in table.items() if value is None]:
        del table[key]
    for value in table.values():
        if isinstance(value, dict):
            _drop_nulls(value)


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _as_boolean(value: Any) -> str:
    """Go's `%t` of a value that is no boolean, as Helm prints it by mistake."""
    if value is None:
        return "%!t(<nil>)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + " ".join(_as_boolean(each) for each in value) + "]"
    return f"%!t({go_type(value)}={_show(value)})"


def _show(value: Any) -> str:
    """Go's `%v`."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_show(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_show, value)) + "]"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return f"{value:.0f}" if abs(value) < 1e21 else f"{value:g}"
    return str(value)


class NoTable(Exception):
    """A path that names no map."""


def table(values: JsonObject, path: str) -> JsonObject:
    """The map at a dotted path; NoTable when there is none."""
    current: Any = values
    for name in path.split("."):
        current = current.get(name)
        if not isinstance(current, dict):
            raise NoTable(f'"{name}" is not a table')
    return current  # type: ignore[no-any-return]


def path_value(values: JsonObject, path: str) -> tuple[bool, Any]:
    """Whether something that is no map stands at a dotted path, and what."""
    *tables, name = path.split(".")
    current: Any = values
    for each in tables:
        current = current.get(each)
        if not isinstance(current, dict):
            return False, None
    if name not in current or isinstance(current[name], dict):
        return False, None
    return True, current[name]
