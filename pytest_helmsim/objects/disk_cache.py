"""What was worked out before, kept on disk between processes: compiled templates, parsed values files, heads of documents.

Entries are `marshal`'s (plain data and code objects), so that reading one means trusting it: the folder and every entry must belong to
this user, nobody else may write to them, no link is followed, and an entry says what it is of and carries a checksum. Where any of that
does not hold, or nothing can be written, there is no cache and no error. Programs of another Python or another version of ours never meet.

HELMSIM_TEMPLATE_CACHE is `off`, or the folder (default: `helmsim` in XDG_CACHE_HOME or ~/.cache).
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import stat
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

from pytest_helmsim._version import VERSION

VARIABLE: Final = "HELMSIM_TEMPLATE_CACHE"
MAX_BYTES: Final = 64 * 1024 * 1024
MAX_ENTRY: Final = 8 * 1024 * 1024
_DIGEST: Final = 16
_SWEEPING: Final = "00"
"""One key in 256 begins so; after it is put, the size of everything is looked at."""
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_SOURCES: Final = ("template", "objects", "chart")


class DiskCache:
    """Entries in one folder; `limit` bounds what all of them take, the oldest go first."""

    def __init__(self, folder: str, *, limit: int = MAX_BYTES) -> None:
        self._folder = folder
        self._limit = limit
        self._usable: bool | None = None

    def get(self, key: str) -> Any:
        """The value put under a key; None where there is none that can be trusted."""
        if not self._is_usable(create=False):
            return None
        try:
            data = _read_own(os.path.join(self._folder, key))
        except OSError:
            return None
        digest, payload = data[:_DIGEST], data[_DIGEST:]
        if digest != _checksum(key, payload):
            return None
        try:
            return marshal.loads(payload)
        except (ValueError, EOFError, TypeError):
            return None

    def put(self, key: str, value: Any) -> None:
        """Keep plain data under a key; a value that is too large, or of other types, is not kept."""
        try:
            payload = marshal.dumps(value)
        except ValueError:
            return
        if len(payload) > MAX_ENTRY or not self._is_usable(create=True):
            return
        path = os.path.join(self._folder, key)
        scratch = f"{path}.{os.getpid()}"
        with contextlib.suppress(OSError):
            handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(_checksum(key, payload) + payload)
            os.replace(scratch, path)
        if key.startswith(_SWEEPING):
            with contextlib.suppress(OSError):
                self._shrink()

    def _is_usable(self, *, create: bool) -> bool:
        if self._usable is None:
            try:
                if create:
                    os.makedirs(self._folder, mode=0o700, exist_ok=True)
                self._usable = _is_private(self._folder)
            except OSError:
                if create:
                    self._usable = False
        return bool(self._usable)

    def _shrink(self) -> None:
        """Remove the oldest entries of all versions, down to half of the limit, once the limit is passed."""
        above = os.path.dirname(self._folder)
        entries = [(entry.stat(follow_symlinks=False), entry.path) for each in os.scandir(above) if each.is_dir(follow_symlinks=False)
                   for entry in os.scandir(each.path) if entry.is_file(follow_symlinks=False)]  # fmt: skip
        total = sum(info.st_blocks * 512 for info, _ in entries)
        if total <= self._limit:
            return
        for info, path in sorted(entries, key=lambda each: each[0].st_mtime_ns):
            os.unlink(path)
            total -= info.st_blocks * 512
            if total <= self._limit // 2:
                break


def _read_own(path: str) -> bytes:
    """A regular file that belongs to this user and that nobody else may write to."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        info = os.fstat(handle)
        ours = stat.S_ISREG(info.st_mode) and info.st_uid == os.geteuid() and not info.st_mode & _OTHERS_WRITE
        if not ours or info.st_size > MAX_ENTRY + _DIGEST:
            raise PermissionError(f"{path} is not ours alone")
        parts = []
        while part := os.read(handle, info.st_size + 1):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(handle)


def _is_private(folder: str) -> bool:
    """Whether nobody but this user (and root) can put entries into a folder, or another folder in its place."""
    inner = True
    for each in (folder, *map(str, Path(folder).parents)):
        info = os.lstat(each)
        if stat.S_ISLNK(info.st_mode):
            return False
        if inner and (info.st_uid != os.geteuid() or info.st_mode & _OTHERS_WRITE):
            return False
        if info.st_uid not in (os.geteuid(), 0) or (info.st_mode & stat.S_IWOTH and not info.st_mode & stat.S_ISVTX):
            return False
        inner = False
    return True


def _checksum(key: str, payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=_DIGEST, key=key.encode()).digest()


def digest(kind: str, *parts: bytes) -> str:
    """The key of what is worked out from `parts`."""
    made = hashlib.blake2b(kind.encode(), digest_size=20)
    for part in parts:
        made.update(len(part).to_bytes(8, "big"))
        made.update(part)
    return made.hexdigest()


@cache
def shared() -> DiskCache | None:
    """The cache of this user; None where it is off or the system cannot say whose a file is."""
    chosen = os.environ.get(VARIABLE, "")
    if chosen == "off" or not hasattr(os, "geteuid") or not hasattr(os, "O_NOFOLLOW"):
        return None
    if not chosen:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        chosen = os.path.join(home, "helmsim")
    if not os.path.isabs(chosen):
        return None
    return DiskCache(os.path.join(os.path.realpath(chosen), f"{sys.implementation.cache_tag}-{_fingerprint()}"))


def _fingerprint() -> str:
    """Of everything that decides what an entry holds: our version and sources, and Python's."""
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    facts = [VERSION, sys.version, str(marshal.version)]
    for folder in _SOURCES:
        with contextlib.suppress(OSError):
            for entry in sorted(os.scandir(os.path.join(top, folder)), key=lambda each: each.name):
                if entry.name.endswith(".py"):
                    info = entry.stat()
                    facts.append(f"{entry.name} {info.st_size} {info.st_mtime_ns}")
    return hashlib.blake2b("\n".join(facts).encode(), digest_size=8).hexdigest()
