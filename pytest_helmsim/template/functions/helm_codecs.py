"""Helm's own YAML, JSON and TOML functions, which hide errors in their results, and their strict `must` forms.

`fromYaml` and its kin put the error's text under the key `Error`, the array forms make it their only item; `toYaml` and `toJson` of what
cannot be written are empty, `toToml` is then the error's text.

Source: helm.sh/helm/v4 pkg/engine/funcs.go.
"""

from __future__ import annotations

from pytest_helmsim.objects import gojson, yamlio
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions.encoding import json_or_nothing
from pytest_helmsim.template.functions.nils import NilList, NilMap, NilStringList
from pytest_helmsim.template.signatures import Table
from pytest_helmsim.template.values import Value

TABLE = Table()

_NILS = frozenset({NilList, NilMap, NilStringList})


def _plain(value: Value) -> Value:
    """The value with nil slices and maps as None; the same object where there are none."""
    kind = value.__class__
    if kind in _NILS:
        return value or None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()} if _holds_nil(value) else value
    if isinstance(value, list):
        return [_plain(item) for item in value] if _holds_nil(value) else value
    return value


def _holds_nil(value: Value) -> bool:
    for item in value.values() if isinstance(value, dict) else value:
        kind = item.__class__
        if kind in _NILS or (isinstance(item, dict | list) and _holds_nil(item)):
            return True
    return False


def _yaml(value: Value) -> str:
    try:
        return yamlio.dump(_plain(value)).removesuffix("\n")
    except RecursionError as error:
        raise yamlio.YamlError("json: unsupported value: encountered a cycle") from error
    except gojson.GoJsonError as error:
        raise yamlio.YamlError(str(error)) from error


@TABLE.function("toYaml", "any", result="string")
def to_yaml(value: Value) -> str:
    try:
        return _yaml(value)
    except yamlio.YamlError:
        return ""


@TABLE.function("mustToYaml", "any", result="string")
def must_to_yaml(value: Value) -> str:
    try:
        gojson.encode(value)
    except gojson.GoJsonError as error:
        raise FunctionError(f"error marshaling into JSON: {error}") from error
    try:
        return _yaml(value)
    except yamlio.YamlError as error:
        raise FunctionError(str(error)) from error


@TABLE.function("toYamlPretty", "any", result="string")
def to_yaml_pretty(value: Value) -> str:
    from pytest_helmsim.template.functions import yaml_pretty

    try:
        return yaml_pretty.dump(value).removesuffix("\n")
    except yamlio.YamlError:
        return ""


@TABLE.function("fromYaml", "string", result="map[string]any")
def from_yaml(text: str) -> dict[str, Value]:
    try:
        return yamlio.load_map(text)
    except yamlio.YamlError as error:
        return {"Error": str(error)}


@TABLE.function("fromYamlArray", "string", result="[]any")
def from_yaml_array(text: str) -> list[Value]:
    try:
        return yamlio.load_list(text)
    except yamlio.YamlError as error:
        return [str(error)]


@TABLE.function("toJson", "any", result="string")
def to_json(value: Value) -> str:
    return json_or_nothing(value)


@TABLE.function("fromJson", "string", result="map[string]any")
def from_json(text: str) -> dict[str, Value]:
    try:
        value = gojson.decode_map(text)
    except gojson.GoJsonError as error:
        return {**(error.partial or {}), "Error": str(error)}
    return NilMap() if value is None else value


@TABLE.function("fromJsonArray", "string", result="[]any")
def from_json_array(text: str) -> list[Value]:
    try:
        value = gojson.decode_list(text)
    except gojson.GoJsonError as error:
        return [str(error)]
    return NilList() if value is None else value


@TABLE.function("toToml", "any", result="string")
def to_toml(value: Value) -> str:
    from pytest_helmsim.template.functions import toml

    try:
        return toml.encode(value)
    except toml.TomlError as error:
        return str(error)


@TABLE.function("mustToToml", "any", result="string")
def must_to_toml(value: Value) -> str:
    from pytest_helmsim.template.functions import toml

    try:
        return toml.encode(value)
    except toml.TomlError as error:
        raise FunctionError(str(error)) from error


@TABLE.function("fromToml", "string", result="map[string]any")
def from_toml(text: str) -> dict[str, Value]:
    from pytest_helmsim.template.functions import toml

    try:
        return toml.decode(text)
    except toml.TomlError as error:
        return {"Error": str(error)}
