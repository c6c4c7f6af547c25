"""The tree that a TOML document builds: which tables exist, which were only implied, and what may not be defined twice.

Source: github.com/BurntSushi/toml v1.6.0 parse.go (`addContext`, `setValue`).
"""

from __future__ import annotations

import re

from pytest_helmsim.template.values import MapList, Value

Key = tuple[str, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SPECIAL = re.compile(r'["\\\x00-\x1f\x7f]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


class Redefined(Exception):
    """A key that cannot be used that way; the message is the library's."""


def quoted(text: str) -> str:
    """A basic string."""
    return '"' + _SPECIAL.sub(lambda match: _SHORT.get(match.group()) or f"\\u{ord(match.group()):04x}", text) + '"'


def key_part(part: str) -> str:
    """One part of a key, quoted where it must be."""
    return part if _BARE.fullmatch(part) else quoted(part)


def dotted(key: Key) -> str:
    """`a."b c".d`."""
    return ".".join(map(key_part, key))


class Tables:
    """A document being read. `context` is the table in which keys are set, `current` the key whose value is read."""

    def __init__(self) -> None:
        self.root: dict[str, Value] = {}
        self.context: Key = ()
        self.current = ""
        self._implied: set[Key] = set()
        self._arrays: set[Key] = set()

    def last_key(self) -> str:
        """What messages call the last key; empty at the start of a document."""
        if not self.current:
            return dotted(self.context)
        return f"{dotted(self.context)}.{self.current}" if self.context else self.current

    def open(self, key: Key, *, array: bool) -> None:
        """Make the table `key` the context; `array` adds one to an array of tables."""
        table = self.root
        for depth, part in enumerate(key[:-1], 1):
            if part not in table:
                self._implied.add(key[:depth])
                table[part] = {}
            table = self._step(table[part], f"Key '{dotted(key[:depth])}' was already created as a hash.")
        self.context = key[:-1]
        name = key[-1]
        if array:
            tables = table.setdefault(name, MapList())
            if not isinstance(tables, MapList):
                raise Redefined(f"Key '{dotted(key)}' was already created and cannot be used as an array.")
            tables.append({})
        else:
            self.put(name, {})
        self.context = key

    def enter(self, parts: Key) -> None:
        """Go into the tables of a dotted key; they may be named again."""
        for part in parts:
            key = (*self.context, part)
            self._implied.add(key)
            self.open(key, array=False)

    def enter_inline(self, *, within_array: bool) -> None:
        """Make the value of the current key, an inline table, the context."""
        key = (*self.context, self.current)
        self.current = ""
        self._implied.add(key)
        self.open(key, array=within_array)

    def begin_array(self) -> None:
        """The value of the current key is an array."""
        self._arrays.add(self._here(self.current))

    def put(self, name: str, value: Value) -> None:
        """Set a key of the context; a table that was only implied before stays as it is."""
        table = self.root
        for depth, part in enumerate(self.context, 1):
            table = self._step(table[part], f"Key '{dotted(self.context[:depth])}' has already been defined.")
        key = (*self.context, name)
        if name not in table:
            table[name] = value
            return
        if key not in self._implied:
            raise Redefined(f"Key '{dotted(key)}' has already been defined.")
        self._implied.discard(key)
        if key in self._arrays:
            table[name] = value

    def settle(self, name: str, *, is_array: bool) -> None:
        """Remember the type of a key that has been set."""
        key = self._here(name)
        if is_array:
            self._arrays.add(key)
        else:
            self._arrays.discard(key)

    def _here(self, name: str) -> Key:
        return (*self.context, name) if name else self.context

    def _step(self, value: Value, complaint: str) -> dict[str, Value]:
        if isinstance(value, MapList):
            return value[-1]  # type: ignore[no-any-return]
        if type(value) is dict:
            return value
        raise Redefined(complaint)
