"""YAML text to plain values: libyaml's events, Go's meaning of every scalar, tag, key, alias and error.

The tree is built without recursion. Nesting and alias expansion are bounded; where Go's own bound is wider, ours is named in the error.

Source: go.yaml.in/yaml/v2 decode.go, sigs.k8s.io/yaml yaml.go.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterator
from typing import Any, Final

import yaml
from yaml._yaml import CParser

from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.json import Json
from pytest_helmsim.objects.yaml_scalars import BINARY, FLOAT, INT, INT64_MAX, INT64_MIN, MERGE, NULL, STR, Scalar, resolve, shortest_digits

MAX_DEPTH: Final = 500
_LONG_TAG: Final = "tag:yaml.org,2002:"
_RESOLVABLE = frozenset(("!!str", "!!bool", "!!int", "!!float", "!!null", "!!timestamp"))
_ALIAS_RATIO_LOW: Final = 400_000
_ALIAS_RATIO_HIGH: Final = 4_000_000
_SURROGATE = re.compile("[\ud800-\udfff]")


class YamlError(HelmsimError):
    """Text that is no YAML, or YAML that has no JSON form; the words are Go's, after `yaml: `."""


class _UnknownAnchor(YamlError):
    """Found while parsing already."""


class _Key:
    """A mapping key while its text is not yet known to be final; keeps what the key was for error texts."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


_MERGE_KEY: Final = _Key("<<")
_SCALAR, _MAP, _LIST, _DOCUMENT_END = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent, yaml.DocumentEndEvent
_ESCAPED_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
_PLAIN_CACHE: dict[str, tuple[str, Scalar]] = {}
_CACHE_LIMIT: Final = 50_000


class Reader:
    """Reads the documents of one stream, one at a time, so that errors in later ones do not hurt earlier ones."""

    def __init__(self, text: str | bytes, *, integers: bool, strict: bool) -> None:
        if isinstance(text, bytes):
            text = decode_utf8(text)
        try:
            self._parser: Any = CParser(text if text else "\n")
        except UnicodeEncodeError as error:
            raise YamlError("yaml: invalid leading UTF-8 octet") from error
        self._integers = integers
        self._strict = strict
        self._problems: list[str] = []
        self._started = False
        self._start: Any = None
        self._slashes = text if "\\/" in text else ""

    def documents(self) -> Iterator[Json]:
        """Every document's value."""
        while self._next_document():
            yield self._document()

    def first(self) -> Json:
        """The first document's value; None for a stream without documents."""
        return self._document() if self._next_document() else None

    def _next_document(self) -> bool:
        event = self._event()
        if not self._started:
            self._started = True
            event = self._event()
        self._start = event
        return not isinstance(event, yaml.StreamEndEvent)

    def _document(self) -> Json:
        """One document; what is wrong with its meaning is only said when its syntax is right to the end."""
        start = self._start
        if start.version is not None and start.version != (1, 1):
            raise YamlError(f"yaml: {_line(start.start_mark.line)}found incompatible YAML document")
        builder = _Builder(integers=self._integers, strict=self._strict)
        fault: YamlError | None = None
        add, read, slashes = builder.add, self._parser.get_event, self._slashes
        event = self._event()
        while event.__class__ is not _DOCUMENT_END:
            if slashes:
                self._check_escapes(event)
            if fault is None:
                try:
                    add(event)
                except _UnknownAnchor:
                    raise
                except YamlError as error:
                    fault = error
            try:
                event = read()
            except yaml.YAMLError as error:
                raise YamlError("yaml: " + _explain(error)) from error
        if fault is not None:
            raise fault
        if builder.problems:
            raise YamlError("yaml: unmarshal errors:\n" + "\n".join(f"  {problem}" for problem in builder.problems))
        if builder.bad_key is not None:
            raise builder.bad_key
        return builder.root

    def _check_escapes(self, event: Any) -> None:
        """Go's scanner does not know `\\/`, which libyaml takes for a slash."""
        if isinstance(event, yaml.ScalarEvent) and event.style == '"':
            start: Any = event.start_mark
            end: Any = event.end_mark
            source = self._slashes[start.index : end.index]
            found = _ESCAPED_SLASH.search(source)
            if found is not None:
                line = start.line + source.count("\n", 0, found.end())
                raise YamlError(f"yaml: {_line(line + 1 if line else 0)}found unknown escape character")

    def _event(self) -> Any:
        try:
            return self._parser.get_event()
        except yaml.YAMLError as error:
            raise YamlError("yaml: " + _explain(error)) from error


def _explain(error: yaml.YAMLError) -> str:
    """Go's one line for a scanner's or parser's error."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return getattr(error, "reason", "") or str(error)
    line = 0
    if error.problem_mark is not None and error.problem_mark.line:
        line = error.problem_mark.line
        if isinstance(error, yaml.scanner.ScannerError):
            line += 1
    elif error.context_mark is not None:
        line = error.context_mark.line
    return _line(line) + (error.problem or "unknown problem parsing YAML content")


def _line(line: int) -> str:
    """Go leaves the line out where its count from zero is zero."""
    return f"line {line}: " if line else ""


class _Frame:
    """A map or list under construction. `target` is what receives the values; a merged map has its own and is copied over."""

    __slots__ = ("anchor", "key", "key_expected", "line", "shown", "value")

    def __init__(self, value: dict[Any, Any] | list[Any], anchor: str | None, line: int) -> None:
        self.value = value
        self.anchor = anchor
        self.line = line
        self.key: Any = None
        self.shown = ""
        self.key_expected = isinstance(value, dict)


class _Builder:
    """Turns the events of one document into a value."""

    def __init__(self, *, integers: bool, strict: bool) -> None:
        self.root: Json = None
        self.problems: list[str] = []
        self.bad_key: YamlError | None = None
        self._integers = integers
        self._strict = strict
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._open_anchors: set[str] = set()
        self._stack: list[_Frame] = []
        self._decoded = 0
        self._aliased = 0

    def add(self, event: Any) -> None:
        """Take the next event."""
        kind = event.__class__
        if kind is _SCALAR:
            self._decoded += 1
            self._scalar(event)
        elif kind is _MAP:
            self._open({}, event)
        elif kind is _LIST:
            self._open([], event)
        elif kind is yaml.AliasEvent:
            self._alias(event)
        else:
            frame = self._stack.pop()
            if frame.anchor is not None:
                self._open_anchors.discard(frame.anchor)
                self._anchors[frame.anchor] = (frame.value, self._decoded)
            self._put(frame.value, event, isinstance(frame.value, dict))

    def _open(self, value: dict[Any, Any] | list[Any], event: Any) -> None:
        self._decoded += 1
        if len(self._stack) >= MAX_DEPTH:
            raise YamlError(f"yaml: line {event.start_mark.line + 1}: exceeded max depth of {MAX_DEPTH}")
        anchor = event.anchor
        if anchor is not None:
            self._open_anchors.add(anchor)
            self._anchors.pop(anchor, None)
        self._stack.append(_Frame(value, anchor, event.start_mark.line))

    def _scalar(self, event: Any) -> None:
        text = event.value
        tag = event.tag
        frame = self._stack[-1] if self._stack else None
        as_key = frame is not None and frame.key_expected
        if tag is None:
            if event.implicit[0]:
                if as_key and text == "<<" and frame is not None:
                    frame.key = _MERGE_KEY
                    frame.key_expected = False
                    return
                known = _PLAIN_CACHE.get(text)
                if known is None:
                    known = resolve(text)
                    if len(_PLAIN_CACHE) >= _CACHE_LIMIT:
                        _PLAIN_CACHE.clear()
                    if len(text) < 200:
                        _PLAIN_CACHE[text] = known
                kind, value = known
            else:
                kind, value = STR, text
        else:
            kind, value = _resolve_tagged(tag, text)
            if as_key and frame is not None and kind == MERGE:
                frame.key = _MERGE_KEY
                frame.key_expected = False
                return
        if event.anchor is not None:
            self._anchors[event.anchor] = ((kind, value), -1)
        if as_key and frame is not None:
            self._set_key(frame, kind, value)
        else:
            self._put(self._json(kind, value), event, False)

    def _set_key(self, frame: _Frame, kind: str, value: Scalar) -> None:
        frame.key = _key_text(kind, value)
        frame.key_expected = False
        if self._strict:
            frame.shown = _go_syntax(value)

    def _json(self, kind: str, value: Scalar) -> Json:
        """A scalar as it comes out of the way through JSON."""
        if kind is STR or value.__class__ is str:
            return value
        if kind is INT:
            if not self._integers:
                return float(value)  # type: ignore[arg-type]
            return value if INT64_MIN <= value <= INT64_MAX else float(value)  # type: ignore[operator, arg-type]
        if kind is FLOAT:
            return self._float(float(value))  # type: ignore[arg-type]
        return value

    def _float(self, value: float) -> Json:
        if value != value or value in (math.inf, -math.inf):
            name = "NaN" if value != value else "+Inf" if value > 0 else "-Inf"
            raise YamlError(f"json: unsupported value: {name}")
        if self._integers and value.is_integer() and abs(value) < 1e21:
            sign, digits, point = shortest_digits(value)
            number = int(sign + digits + "0" * (point - len(digits)))
            return number if INT64_MIN <= number <= INT64_MAX else value
        return value

    def _alias(self, event: Any) -> None:
        name = event.anchor
        if name in self._open_anchors:
            raise YamlError(f"yaml: anchor '{name}' value contains itself")
        known = self._anchors.get(name)
        if known is None:
            raise _UnknownAnchor(f"yaml: unknown anchor '{name}' referenced")
        value, _ = known
        frame = self._stack[-1] if self._stack else None
        self._decoded += 1
        if value.__class__ is tuple:
            kind, scalar = value
            self._count_alias(1)
            if frame is not None and frame.key_expected:
                self._set_key(frame, kind, scalar)
            else:
                self._put(self._json(kind, scalar), event, False)
            return
        self._put(self._copy(value), event, isinstance(value, dict))

    def _copy(self, value: Any) -> Any:
        self._count_alias(1)
        if value.__class__ is dict:
            return {key: self._copy(item) for key, item in value.items()}
        if value.__class__ is list:
            return [self._copy(item) for item in value]
        return value

    def _count_alias(self, count: int) -> None:
        self._decoded += count
        self._aliased += count
        if self._aliased > 100 and self._decoded > 1000 and self._aliased / self._decoded > _allowed_alias_ratio(self._decoded):
            raise YamlError("yaml: document contains excessive aliasing")

    def _put(self, value: Any, event: Any, is_map: bool) -> None:
        if not self._stack:
            self.root = value
            return
        frame = self._stack[-1]
        target: Any = frame.value
        if target.__class__ is list:
            target.append(value)
            return
        if frame.key_expected:
            raise YamlError(f"yaml: invalid map key: {_go_syntax(value)}")
        frame.key_expected = True
        key = frame.key
        if key is _MERGE_KEY:
            self._merge(target, value, is_map, event)
            return
        if key.__class__ is not str:
            self.bad_key = self.bad_key or YamlError(f"unsupported map key of type: {key.text}, value: {_go_syntax(value)}")
            return
        if self._strict and key in target:
            self.problems.append(f"line {event.start_mark.line + 1}: key {frame.shown} already set in map")
            return
        target[key] = value

    def _merge(self, target: dict[str, Any], value: Any, is_map: bool, event: Any) -> None:
        """`<<`: the given maps are written over what stands before, earlier maps of a list over later ones."""
        if is_map:
            sources = [value]
        elif value.__class__ is list and all(item.__class__ is dict for item in value):
            sources = value[::-1]
        else:
            raise YamlError("yaml: map merge requires map or sequence of maps as the value")
        for source in sources:
            for key, item in source.items():
                if self._strict and key in target:
                    self.problems.append(f"line {event.start_mark.line + 1}: key {_quote(key)} already set in map")
                else:
                    target[key] = item


def _allowed_alias_ratio(decoded: int) -> float:
    if decoded <= _ALIAS_RATIO_LOW:
        return 0.99
    if decoded >= _ALIAS_RATIO_HIGH:
        return 0.10
    return 0.99 - 0.89 * (decoded - _ALIAS_RATIO_LOW) / (_ALIAS_RATIO_HIGH - _ALIAS_RATIO_LOW)


def _resolve_tagged(tag: str, text: str) -> tuple[str, Scalar]:
    """A scalar with an explicit tag; a tag that does not fit is an error, an unknown one makes a string."""
    short = "!!" + tag[len(_LONG_TAG) :] if tag.startswith(_LONG_TAG) else tag
    if short == BINARY:
        try:
            raw = base64.b64decode(re.sub(r"[\r\n]", "", text), validate=True)
        except (binascii.Error, ValueError):
            raise YamlError("yaml: !!binary value contains invalid base64 data") from None
        return STR, replace_invalid(raw.decode("utf-8", "surrogateescape"))
    if short == STR:
        return STR, text
    if short == MERGE:
        return (MERGE, text) if text == "<<" else (STR, text)
    if short not in _RESOLVABLE:
        return STR, text
    kind, value = resolve(text)
    if kind == short:
        return kind, value
    if short == FLOAT and kind is INT:
        return FLOAT, float(value)  # type: ignore[arg-type]
    raise YamlError(f"yaml: cannot decode {kind} `{text}` as a {short}")


def _key_text(kind: str, value: Scalar) -> str | _Key:
    """A map key as text: `yes` is "true", 1 is "1", floats by their shortest 32 bit form."""
    if value.__class__ is str:
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if kind is NULL:
        return _Key("%!s(<nil>), key: <nil>")
    if kind is INT:
        if not INT64_MIN <= value <= INT64_MAX:  # type: ignore[operator]
            return _Key(f"uint64, key: {value:#x}")
        return str(value)
    return float32_text(float(value))  # type: ignore[arg-type]


def float32_text(value: float) -> str:
    """strconv.FormatFloat(value, 'g', -1, 32)."""
    import struct

    from pytest_helmsim.objects.yaml_scalars import format_float

    if value != value or abs(value) == math.inf:
        return format_float(value)
    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return ".inf" if value > 0 else "-.inf"
    for precision in range(1, 10):
        text = f"{single:.{precision - 1}e}"
        if struct.unpack("f", struct.pack("f", float(text)))[0] == single:
            return format_float(float(text))
    return format_float(single)


def _quote(key: object) -> str:
    return '"' + str(key).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _go_syntax(value: Any) -> str:
    """A map or list that stands as a key, as `%#v` shows it."""
    if isinstance(value, dict):
        inner = ", ".join(f"{_go_syntax(key)}:{_nested_syntax(item)}" for key, item in value.items())
        return f"map[interface {{}}]interface {{}}{{{inner}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(_nested_syntax, value))}}}"
    if isinstance(value, str):
        return _quote(value)
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _nested_syntax(value: Any) -> str:
    return "interface {}(nil)" if value is None else _go_syntax(value)


def decode_utf8(data: bytes) -> str:
    """Bytes as text, what is no UTF-8 as surrogate escapes; a byte order mark is dropped."""
    text = data.decode("utf-8", "surrogateescape")
    return text[1:] if text.startswith("\ufeff") else text


def replace_invalid(text: str) -> str:
    """Every byte that is no UTF-8 (a surrogate escape) becomes U+FFFD, as on the way through Go's JSON."""
    return _SURROGATE.sub("\ufffd", text) if _SURROGATE.search(text) else text
