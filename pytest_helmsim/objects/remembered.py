"""What a text was found to mean, for the next time the same text is met: in this process, and on disk for the next one."""

from __future__ import annotations

import marshal
from collections import OrderedDict
from typing import Any, Final

from pytest_helmsim.objects import disk_cache

MAX_BYTES: Final = 32 * 1024 * 1024
_OVERHEAD: Final = 200


class Remembered:
    """Plain data by the text it comes from; every `find` gives a copy of its own. Texts shorter than `shortest` are not worth a file."""

    def __init__(self, kind: str, *, shortest: int = 1000, limit: int = MAX_BYTES) -> None:
        self._kind = kind
        self._shortest = shortest
        self._limit = limit
        self._size = 0
        self._entries: OrderedDict[str, bytes] = OrderedDict()

    def key(self, text: str | bytes, *conditions: str) -> tuple[str, bool]:
        """What the text is kept under, and whether on disk; `conditions` are what else the meaning depends on."""
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        return disk_cache.digest(self._kind, *(each.encode() for each in conditions), data), len(data) >= self._shortest

    def find(self, key: tuple[str, bool]) -> Any:
        """None where nothing is known."""
        name, on_disk = key
        known = self._entries.get(name)
        if known is not None:
            self._entries.move_to_end(name)
            return marshal.loads(known)
        store = disk_cache.shared() if on_disk else None
        value = store.get(name) if store is not None else None
        if value is not None:
            self._keep(name, marshal.dumps(value))
        return value

    def keep(self, key: tuple[str, bool], value: Any) -> None:
        """Remember plain data: maps, lists, texts, numbers and tuples of them."""
        name, on_disk = key
        try:
            self._keep(name, marshal.dumps(value))
        except ValueError:
            return
        store = disk_cache.shared() if on_disk else None
        if store is not None:
            store.put(name, value)

    def _keep(self, name: str, data: bytes) -> None:
        self._entries[name] = data
        self._size += len(data) + _OVERHEAD
        while self._size > self._limit:
            _, dropped = self._entries.popitem(last=False)
            self._size -= len(dropped) + _OVERHEAD
