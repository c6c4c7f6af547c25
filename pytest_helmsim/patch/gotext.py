"""JSON values as Go's `%v`, `%s` and `reflect.TypeOf` print them: the form in which error texts quote patches."""

from __future__ import annotations

import math
from decimal import Decimal

from pytest_helmsim.objects.gojson import encode
from pytest_helmsim.objects.json import Json


def go_type(value: Json) -> str:
    """`map[string]interface {}`, `[]interface {}`, `string`, `int64`, `float64`, `bool`; nil prints as `%!s(<nil>)`."""
    if value is None:
        return "%!s(<nil>)"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64" if -(1 << 63) <= value < 1 << 63 else "float64"
    return {str: "string", float: "float64", list: "[]interface {}", dict: "map[string]interface {}"}[type(value)]


def sprint(value: Json) -> str:
    """`%v`: `map[a:1 b:[x y]]` with sorted keys, `<nil>`, `true`, `1e+06`."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{sprint(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(sprint, value))}]"
    if isinstance(value, float):
        return format_float(value)
    return str(value) if go_type(value) == "int64" else format_float(float(value))


def format_float(value: float) -> str:
    """Shortest form, an exponent below 1e-4 and from 1e6 on: `%v` of a float64."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    figures = "".join(map(str, digits))
    minus = "-" if sign else ""
    point = len(figures) + int(exponent)
    if value == 0:
        return f"{minus}0"
    if not -4 < point <= 6:
        fraction = f".{figures[1:]}" if len(figures) > 1 else ""
        return f"{minus}{figures[0]}{fraction}e{point - 1:+03d}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{figures}"
    if point >= len(figures):
        return f"{minus}{figures.ljust(point, '0')}"
    return f"{minus}{figures[:point]}.{figures[point:]}"


def sprint_string(value: Json) -> str:
    """`%s`: as `%v` for strings, and Go's complaint about the verb for other scalars (`%!s(int64=5)`)."""
    if isinstance(value, str):
        return value
    if value is None:
        return "%!s(<nil>)"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{sprint_string(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(sprint_string, value))}]"
    return f"%!s({go_type(value)}={sprint(value)})"


def go_json_type(value: Json) -> str:
    """The word of encoding/json for what it found: `object`, `array`, `string`, `number`, `bool`, `null`."""
    if value is None:
        return "null"
    return {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}[type(value)]


def sprint_syntax(value: Json) -> str:
    """`%#v`: Go syntax, `"a"`, `5`, `map[string]interface {}{"a":1}`, `[]interface {}{1, 2}`."""
    if value is None:
        return "interface {}(nil)"
    if isinstance(value, str):
        return encode(value, escape_html=False)
    if isinstance(value, dict):
        return f"map[string]interface {{}}{{{', '.join(f'{sprint_syntax(key)}:{sprint_syntax(value[key])}' for key in sorted(value))}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(sprint_syntax, value))}}}"
    return sprint(value)
