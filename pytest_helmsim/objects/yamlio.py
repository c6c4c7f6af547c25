"""YAML in and out as sigs.k8s.io/yaml v1.6 does it, which is what Helm and Kubernetes use.

`load`: all numbers are floats, as in Helm's values. `load_objects`: whole numbers of 64 bits are ints, as in API objects.
`dump` is Marshal (and `toYaml` plus a final newline). Error texts are Go's.
"""

from __future__ import annotations

from typing import Any

from pytest_helmsim.objects import gojson
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.yaml_dump import dump
from pytest_helmsim.objects.yaml_load import Reader, YamlError

__all__ = ["YamlError", "dump", "load", "load_all", "load_list", "load_map", "load_object", "load_objects"]

_CONVERTING = "error converting YAML to JSON: "
_DECODING = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "


def load(text: str | bytes, *, strict: bool = False) -> Json:
    """The first document, numbers as floats; None for empty text. `strict`: a key given twice is an error, else the last wins."""
    return _read(text, integers=False, strict=strict)


def load_object(text: str | bytes, *, strict: bool = False) -> Json:
    """The first document, whole numbers as ints."""
    return _read(text, integers=True, strict=strict)


def _read(text: str | bytes, *, integers: bool, strict: bool) -> Json:
    try:
        return Reader(text, integers=integers, strict=strict).first()
    except YamlError as error:
        raise YamlError(_CONVERTING + str(error)) from error


def load_map(text: str | bytes, *, strict: bool = False) -> JsonObject:
    """The first document as a map; an empty or null one is `{}`, any other kind an error."""
    return as_map(load(text, strict=strict))


def as_map(value: Any) -> JsonObject:
    """A value where Go wants a `map[string]interface{}`: null is empty, other kinds are its error."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise YamlError(f"{_DECODING}{gojson.kind_name(value)} into Go value of type map[string]interface {{}}")
    return value


def load_list(text: str | bytes) -> list[Json]:
    """The first document as a list; null is the empty list, any other kind an error."""
    value = load(text)
    if value is None:
        return []
    if not isinstance(value, list):
        raise YamlError(f"{_DECODING}{gojson.kind_name(value)} into Go value of type []interface {{}}")
    return value


def load_all(text: str | bytes, *, strict: bool = False) -> list[Json]:
    """Every document of the stream, numbers as floats."""
    return _read_all(text, integers=False, strict=strict)


def load_objects(text: str | bytes, *, strict: bool = False) -> list[Json]:
    """Every document of the stream, whole numbers as ints; documents without content are left out."""
    return [value for value in _read_all(text, integers=True, strict=strict) if value is not None]


def _read_all(text: str | bytes, *, integers: bool, strict: bool) -> list[Json]:
    try:
        return list(Reader(text, integers=integers, strict=strict).documents())
    except YamlError as error:
        raise YamlError(_CONVERTING + str(error)) from error
