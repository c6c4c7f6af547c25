"""Dictionaries. `set`, `unset` and the merges change their first argument, as Go's do.

The order of `keys` and `values` is random in Go; here it is that of the sorted keys.

Source: github.com/Masterminds/sprig/v3 dict.go; dario.cat/mergo v1.0.1 merge.go.
"""

from __future__ import annotations

from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions.casts import strval
from pytest_helmsim.template.functions.nils import NilList, NilMap, NilStringList
from pytest_helmsim.template.functions.runes import to_bytes
from pytest_helmsim.template.signatures import ANY, Table
from pytest_helmsim.template.values import GoObject, StringList, TypedList, TypedMap, Value, go_type

TABLE = Table()

_MAP = "map[string]any"
Dict = dict[str, Value]


@TABLE.function("dict", variadic="any", result=_MAP)
def make_dict(*parts: Value) -> Dict:
    """Keys by `toString`; a last key without a value gets the empty string."""
    result: Dict = {}
    for index in range(0, len(parts), 2):
        result[strval(parts[index])] = parts[index + 1] if index + 1 < len(parts) else ""
    return result


@TABLE.function("get", _MAP, "string")
def get(mapping: Dict | None, key: str) -> Value:
    return mapping[key] if mapping and key in mapping else ""


@TABLE.function("set", _MAP, "string", "any", result=_MAP)
def set_key(mapping: Dict | None, key: str, value: Value) -> Dict:
    if mapping is None or isinstance(mapping, NilMap):
        raise FunctionError("assignment to entry in nil map")
    mapping[key] = value
    return mapping


@TABLE.function("unset", _MAP, "string", result=_MAP)
def unset(mapping: Dict | None, key: str) -> Dict:
    if mapping is None:
        return NilMap()
    mapping.pop(key, None)
    return mapping


@TABLE.function("hasKey", _MAP, "string", result="bool")
def has_key(mapping: Dict | None, key: str) -> bool:
    return bool(mapping) and key in (mapping or {})


@TABLE.function("pluck", "string", variadic=_MAP, result="[]any")
def pluck(key: str, *mappings: Dict | None) -> list[Value]:
    return [mapping[key] for mapping in mappings if mapping and key in mapping]


@TABLE.function("keys", variadic=_MAP, result="[]string")
def keys(*mappings: Dict | None) -> StringList:
    return StringList(key for mapping in mappings for key in sorted(mapping or {}, key=to_bytes))


@TABLE.function("values", _MAP, result="[]any")
def values_of(mapping: Dict | None) -> list[Value]:
    return [mapping[key] for key in sorted(mapping, key=to_bytes)] if mapping else []


@TABLE.function("pick", _MAP, variadic="string", result=_MAP)
def pick(mapping: Dict | None, *names: str) -> Dict:
    return {name: mapping[name] for name in names if name in mapping} if mapping else {}


@TABLE.function("omit", _MAP, variadic="string", result=_MAP)
def omit(mapping: Dict | None, *names: str) -> Dict:
    return {key: value for key, value in (mapping or {}).items() if key not in names}


@TABLE.function("merge", _MAP, variadic=_MAP)
@TABLE.function("mustMerge", _MAP, variadic=_MAP)
def merge(target: Dict | None, *sources: Dict | None) -> Value:
    """What the target has and is not empty stays."""
    return _merged(target, sources, overwrite=False)


@TABLE.function("mergeOverwrite", _MAP, variadic=_MAP)
@TABLE.function("mustMergeOverwrite", _MAP, variadic=_MAP)
def merge_overwrite(target: Dict | None, *sources: Dict | None) -> Value:
    """What a source has is taken, empty or not; maps are merged."""
    return _merged(target, sources, overwrite=True)


def _merged(target: Dict | None, sources: tuple[Dict | None, ...], *, overwrite: bool) -> Dict:
    result = NilMap() if target is None else target
    for source in sources:
        if isinstance(result, NilMap) and source is not None and not isinstance(source, NilMap):
            result = {}
        _merge_into(result, source or {}, overwrite=overwrite)
    return result


def _merge_into(target: Dict, source: Dict, *, overwrite: bool) -> None:
    for key, new in list(source.items()):
        if new is None:
            if overwrite:
                target[key] = None
            continue
        present, old = key in target, target.get(key)
        if isinstance(new, dict):
            if isinstance(old, dict) and (old or new) and not isinstance(old, NilMap):
                _check_types(old, new)
                if old is not new:
                    _merge_into(old, new, overwrite=overwrite)
                if old:
                    continue
        elif isinstance(new, list | bytes):
            if overwrite or not target:
                target[key] = new
            if present and not _is_empty(old):
                continue
        if overwrite or not present or _is_empty(old):
            target[key] = new


def _check_types(old: Dict, new: Dict) -> None:
    """Go puts elements of one map into the other; a map[string]string takes no interface values, whatever they hold."""
    wanted, given = _element_type(old), _element_type(new)
    if wanted not in (ANY, given) and new:
        raise FunctionError(f"reflect.Value.SetMapIndex: value of type {given} is not assignable to type {wanted}")


def _element_type(mapping: Dict) -> str:
    """`map[string]string` holds "string"; a named map what its plain type does."""
    name: str = getattr(type(mapping), "UNDERLYING", None) or go_type(mapping)
    return name.partition("]")[2] if name.startswith("map[") else ANY


def _is_empty(value: Value) -> bool:
    return not isinstance(value, GoObject) and not value


@TABLE.function("deepCopy", "any")
@TABLE.function("mustDeepCopy", "any")
def deep_copy(value: Value) -> Value:
    if value is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
    return _copied(value)


def _copied(value: Value) -> Value:
    if isinstance(value, NilList | NilMap | NilStringList):
        return value
    if isinstance(value, TypedMap | TypedList):
        return type(value)({key: _copied(item) for key, item in value.items()} if isinstance(value, dict) else map(_copied, value))
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value


@TABLE.function("dig", variadic="any")
def dig(*parts: Value) -> Value:
    """`dig key… default map`; a step that is no map is an error, one that is missing gives the default."""
    if len(parts) < 3:
        raise FunctionError("dig needs at least three arguments")
    *path, default, mapping = parts
    current = _as_map(mapping)
    for key in path:
        if not isinstance(key, str):
            raise FunctionError(f"interface conversion: interface {{}} is {_type_word(key)}, not string")
    for position, key in enumerate(path):
        if key not in current:
            return default
        if position == len(path) - 1:
            return current[key]
        current = _as_map(current[key])
    return default


def _as_map(value: Value) -> Dict:
    if type(value) is dict or isinstance(value, NilMap) or (isinstance(value, dict) and not isinstance(value, TypedMap)):
        return value
    raise FunctionError(f"interface conversion: interface {{}} is {_type_word(value)}, not map[string]interface {{}}")


def _type_word(value: Value) -> str:
    return "nil" if value is None else go_type(value)
