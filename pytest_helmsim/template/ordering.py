"""The order in which Go prints maps and ranges over them. Go: internal/fmtsort."""

from __future__ import annotations

from pytest_helmsim.template.values import Value, go_kind, go_type


def sorted_items(mapping: dict[Value, Value]) -> list[tuple[Value, Value]]:
    """A map's entries in the order in which Go prints and ranges over them."""
    try:
        return sorted(mapping.items()) if type(mapping) is dict or all(type(key) is str for key in mapping) else _sorted_mixed(mapping)
    except TypeError:
        return _sorted_mixed(mapping)


_KEY_ORDER = {"string": 0, "int": 1, "int64": 2, "float64": 3, "bool": 4}
"""Keys of several types: Go orders them by where its types lie in memory, which differs between programs; this is one such order."""


def _sorted_mixed(mapping: dict[Value, Value]) -> list[tuple[Value, Value]]:
    def order(item: tuple[Value, Value]) -> tuple[int, str, Value]:
        key = item[0]
        return (-1, "", 0) if key is None else (_KEY_ORDER.get(go_kind(key), len(_KEY_ORDER)), go_type(key), key)

    return sorted(mapping.items(), key=order)
