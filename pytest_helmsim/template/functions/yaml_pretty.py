"""`toYamlPretty`: values as go-yaml v3's encoder prints them with an indentation of two, lists one step deeper than their key.

No way through JSON: whole floats have exponents from a million on (`1e+06`), text that is no UTF-8 is `!!binary`, structs have their
fields in lower case, nil slices and maps are empty ones.

Source: go.yaml.in/yaml/v3 encode.go, emitterc.go, sorter.go; helm.sh/helm/v4 pkg/engine/funcs.go.
"""

from __future__ import annotations

import base64
import re
from functools import cmp_to_key

from pytest_helmsim.objects import yaml_dump, yaml_scalars
from pytest_helmsim.objects.yaml_load import YamlError
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions import layouts
from pytest_helmsim.template.functions.reflection import elements
from pytest_helmsim.template.functions.runes import is_digit, is_letter, to_bytes
from pytest_helmsim.template.functions.times import Duration, Time
from pytest_helmsim.template.values import GoObject, Value, go_kind, go_type

MAX_DEPTH = 900
_SIMPLE_KEY = 128
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPECIAL = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_BREAKS = "\r\n\x85\u2028\u2029"
_BREAK = re.compile(f"[{_BREAKS}]")
_SPACE_BREAK = re.compile(f" [{_BREAKS}]")
_BREAK_SPACE = re.compile(f"[{_BREAKS}] ")
_START = re.compile("[#,\\[\\]{}&*!|>'\"%@`]|[?:-](?:[ \t]|\\Z)|---|\\.\\.\\.")
_WITHIN = re.compile(f":(?:[ \t]|\\Z)|[ \t\0{_BREAKS}]#")


def dump(value: Value) -> str:
    """YAML text with a final newline; raise YamlError for what is nested too deep, FunctionError for what Go panics at."""
    lines: list[str] = []
    _Writer(lines).node(value, indent=-2, begun="", depth=0)
    return "".join(lines)


class _Writer:
    """Writes nodes; `begun` is what stands on the current line already, `indent` that of the enclosing collection."""

    def __init__(self, out: list[str]) -> None:
        self.out = out

    def node(self, value: Value, *, indent: int, begun: str, depth: int) -> None:
        """A value behind `begun` (a key with its colon, or a dash), to the end of its last line."""
        if depth > MAX_DEPTH:
            raise YamlError(f"yaml: exceeded max depth of {MAX_DEPTH}")
        kind, content = _resolved(value)
        dashed = begun.endswith("-") or "\n" in begun
        gap = " " if begun else ""
        if kind == "map" and content:
            prefix = self._open(begun, dashed)
            for key, item in content:
                text = _key(key, indent + 2)
                head = prefix if prefix is not None else " " * (indent + 2)
                prefix = None
                self.node(item, indent=indent + 2, begun=f"{head}{text}:", depth=depth + 1)
        elif kind == "list" and content:
            prefix = self._open(begun, dashed)
            for item in content:
                head = prefix if prefix is not None else " " * (indent + 2)
                prefix = None
                self.node(item, indent=indent + 2, begun=f"{head}-", depth=depth + 1)
        elif kind in ("map", "list"):
            self.out.append(f"{begun}{gap}{'{}' if kind == 'map' else '[]'}\n")
        elif kind == "text":
            self.out.append(f"{begun}{gap}{_text(content, indent + 2)}")
        else:
            self.out.append(f"{begun}{gap}{content}\n")

    def _open(self, begun: str, dashed: bool) -> str | None:
        """Begin a collection: behind a dash its first entry goes on the same line, behind a key on the next."""
        if dashed:
            return begun + " "
        if begun:
            self.out.append(begun + "\n")
        return None


def _resolved(value: Value) -> tuple[str, Value]:
    """Kind of node and its content: map (pairs), list, text, or plain (written as it is)."""
    if value is None:
        return "plain", "null"
    if isinstance(value, str):
        return "text", value
    if isinstance(value, bool):
        return "plain", "true" if value else "false"
    if isinstance(value, Time):
        return "plain", layouts.format(value.instant, layouts.RFC3339_NANO)
    if isinstance(value, Duration):
        return "text", value.go_string()
    if isinstance(value, int):
        return "plain", str(int(value))
    if isinstance(value, float):
        return "plain", yaml_scalars.format_float(value)
    if isinstance(value, dict):
        return "map", sorted(value.items(), key=_by_key)
    kind = go_kind(value)
    if kind in ("slice", "array"):
        return "list", elements(value)
    if isinstance(value, GoObject) and kind in ("struct", "ptr"):
        text = value.go_string()
        if text is not None and hasattr(value, "marshal_json"):
            return "text", text
        return "map", [(name.lower(), getattr(value, attribute)) for name, attribute in value.fields.items()]
    raise FunctionError(f"cannot marshal type: {go_type(value)}")


def _text(text: str, indent: int) -> str:
    """A string with its line end: plain, quoted, or a literal block."""
    if _SURROGATE.search(text):
        return f"!!binary {base64.b64encode(to_bytes(text)).decode('ascii')}\n"
    plain = _resolves_to_text(text)
    if "\n" in text:
        if text[-1] == " " or _SPACE_BREAK.search(text) or _SPECIAL.search(text):
            return yaml_dump.quote_double(text) + "\n"
        return yaml_dump.block(text, " " * max(indent, 2))
    return _one_line(text, plain=plain) + "\n"


def _resolves_to_text(text: str) -> bool:
    if text in ("", "<<"):
        return False
    return (
        yaml_scalars.resolve_core(text)[0] is yaml_scalars.STR and not yaml_scalars.is_base60(text) and not yaml_scalars.is_old_bool(text)
    )


def _one_line(text: str, *, plain: bool) -> str:
    if not plain:
        return yaml_dump.quote_double(text)
    broken = _BREAK.search(text) is not None
    if "\t" in text or _SPECIAL.search(text) or _SPACE_BREAK.search(text) or _BREAK_SPACE.search(text):
        return yaml_dump.quote_double(text)
    if broken or text[0] == " " or text[-1] == " " or _START.match(text) or _WITHIN.search(text):
        return "'" + text.replace("'", "''") + "'"
    return text


def _key(key: Value, indent: int) -> str:
    """A key without its colon; one that is too long or has several lines stands behind `? `, its colon on a line of its own."""
    kind, content = _resolved(key)
    if kind != "text":
        return str(content)
    if _SURROGATE.search(content):
        return f"!!binary {base64.b64encode(to_bytes(content)).decode('ascii')}"
    if "\n" in content:
        return f"? {_text(content, indent + 2)}{' ' * indent}"
    text = _one_line(content, plain=_resolves_to_text(content))
    simple = not _BREAK.search(content) and len(content.encode()) <= _SIMPLE_KEY
    return text if simple else f"? {text}\n{' ' * indent}"


def _compare(left: str, right: str) -> int:
    return -1 if _less(left, right) else 1 if _less(right, left) else 0


def _less(left: str, right: str) -> bool:
    """Natural order; behind equal digits a letter comes first."""
    digits = False
    for at, (a, b) in enumerate(zip(left, right, strict=False)):
        if a == b:
            digits = is_digit(a)
            continue
        a_letter, b_letter = is_letter(a), is_letter(b)
        if a_letter and b_letter:
            return a < b
        if a_letter or b_letter:
            return a_letter if digits else b_letter
        return _numbers_less(left, right, at)
    return len(left) < len(right)


def _numbers_less(left: str, right: str, at: int) -> bool:
    start = 0
    if "0" in (left[at], right[at]):
        before = left[:at]
        run = before[len(before.rstrip("0123456789")) :]
        start = 1 if run.strip("0") else 0
    a, a_end = _number(left, at, start)
    b, b_end = _number(right, at, start)
    if a != b:
        return a < b
    return a_end < b_end if a_end != b_end else left[at] < right[at]


def _number(text: str, at: int, number: int) -> tuple[int, int]:
    while at < len(text) and "0" <= text[at] <= "9":
        number = number * 10 + int(text[at])
        at += 1
    return number, at


_natural = cmp_to_key(_compare)


def _by_key(pair: tuple[Value, Value]) -> tuple[int, object]:
    key = pair[0]
    return (1, _natural(key)) if isinstance(key, str) else (0, key)
