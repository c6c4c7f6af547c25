"""Fields, items and entries of values: what is there, what is not, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_helmsim.schema.cel.operators import overload
from pytest_helmsim.schema.cel.values import NOTHING, CelError, Optional, Thing, type_of


def field(holder: Any, name: str) -> Any:
    """`holder.name`; raise CelError in the real words where it is not there."""
    if isinstance(holder, Optional):
        return optional_field(holder, name)
    if isinstance(holder, Thing):
        there, found = holder.find(name)
        if there:
            return found
    elif isinstance(holder, dict):
        if name in holder:
            return holder[name]
    elif isinstance(holder, list):
        raise CelError("unsupported index type 'string' in list")
    raise CelError(f"no such key: {name}")


def has(holder: Any, name: str) -> bool:
    """`has(holder.name)`."""
    if isinstance(holder, Optional):
        return optional_field(holder, name).present
    if isinstance(holder, Thing):
        return holder.find(name)[0]
    if isinstance(holder, list):
        raise CelError("unsupported index type 'string' in list")
    return isinstance(holder, dict) and name in holder


def _optional(holder: Any, reach: Callable[[Any], Any], missing: tuple[str, ...]) -> Optional:
    """What is reached in the holder, or in what it holds; nothing where the error begins with one of those words."""
    if isinstance(holder, Optional):
        if not holder.present:
            return holder
        holder = holder.value
    try:
        return Optional(reach(holder))
    except CelError as error:
        if str(error).startswith(missing):
            return NOTHING
        raise


def optional_field(holder: Any, name: str) -> Optional:
    """`holder.?name`: nothing where it is not there."""
    return _optional(holder, lambda held: field(held, name), ("no such key",))


def at(holder: Any, key: Any) -> Any:
    """`holder[key]`; raise CelError for a wrong kind of key, one out of bounds, one that is not there."""
    if isinstance(holder, list):
        if isinstance(key, float) and key.is_integer():
            key = int(key)
        if isinstance(key, bool) or not isinstance(key, int):
            what = f"value {key}" if isinstance(key, float) else f"type '{type_of(key).run_time_name}'"
            raise CelError(f"unsupported index {what} in list")
        if not 0 <= key < len(holder):
            raise CelError(f"index out of bounds: {int(key)}")
        return holder[key]
    if isinstance(holder, Thing) and isinstance(key, str):
        return field(holder, key)
    if isinstance(holder, dict) and not isinstance(key, (list, dict)) and key in holder:
        return holder[key]
    raise CelError(f"no such key: {_shown(key)}")


def _shown(key: Any) -> Any:
    return ("true" if key else "false") if isinstance(key, bool) else key


def optional_at(holder: Any, key: Any) -> Optional:
    """`holder[?key]`: nothing where it is not there."""
    return _optional(holder, lambda held: at(held, key), ("no such key", "index out of bounds"))


def entries(holder: Any, *, two: bool) -> Any:
    """What a comprehension walks: pairs of its one or two variables."""
    if isinstance(holder, list):
        return enumerate(holder) if two else ((item, None) for item in holder)
    if isinstance(holder, dict):
        return list(holder.items())
    if isinstance(holder, Thing):
        return [(key, holder.find(key)[1]) for key in holder.raw]
    raise overload()
