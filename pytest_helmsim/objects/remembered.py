"""What a text was found to mean, for the next time the same text is met: in this process, and on disk for the next one."""

from __future__ import annotations

import marshal
from collections import OrderedDict
from typing import Any, Final, TypeAlias

MAX_BYTES: Final = 32 * 1024 * 1024
_OVERHEAD: Final = 200

Key: TypeAlias = tuple[Any, bool]


class Remembered:
    """Plain data by the text it comes from; every `find` gives a copy of its own. Texts shorter than `shortest` are not worth a file."""

    def __init__(self, kind: str, *, shortest: int = 16 * 1024, limit: int = MAX_BYTES) -> None:
        self._kind = kind
        self._shortest = shortest
        self._limit = limit
        self._size = 0
        self._entries: OrderedDict[Any, bytes] = OrderedDict()

    def key(self, text: str | bytes, *conditions: str) -> Key:
        """What the text is kept under, and whether on disk; `conditions` are what else the meaning depends on."""
        if len(text) < self._shortest:
            return (text, *conditions), False
        from pytest_helmsim.objects import disk_cache

        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        return disk_cache.digest(self._kind, *(each.encode() for each in conditions), data), True

    def find(self, key: Key) -> Any:
        """None where nothing is known."""
        name, on_disk = key
        known = self._entries.get(name)
        if known is not None:
            self._entries.move_to_end(name)
            return marshal.loads(known)
        value = _read(name) if on_disk else None
        if value is not None:
            self._keep(name, marshal.dumps(value))
        return value

    def keep(self, key: Key, value: Any) -> None:
        """Remember plain data: maps, lists, texts, numbers and tuples of them."""
        name, on_disk = key
        try:
            self._keep(name, marshal.dumps(value))
        except ValueError:
            return
        if on_disk:
            from pytest_helmsim.objects import disk_cache

            store = disk_cache.shared()
            if store is not None:
                store.put(name, value)

    def _keep(self, name: Any, data: bytes) -> None:
        self._entries[name] = data
        self._size += _weight(name, data)
        while self._size > self._limit:
            self._size -= _weight(*self._entries.popitem(last=False))


def _read(name: str) -> Any:
    from pytest_helmsim.objects import disk_cache

    store = disk_cache.shared()
    return store.get(name) if store is not None else None


def _weight(name: Any, data: bytes) -> int:
    return len(data) + _OVERHEAD + (len(name[0]) if isinstance(name, tuple) else 0)
