"""The cache on disk: an entry or a folder that is not ours alone is not read, and what takes too much room goes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_helmsim.objects import disk_cache
from pytest_helmsim.objects.disk_cache import DiskCache


@pytest.mark.parametrize("spoil", ["content", "mode", "link", "folder", "key"])
def test_an_entry_that_cannot_be_trusted_is_not_read(tmp_path: Path, spoil: str) -> None:
    top = tmp_path / "cache"
    key = disk_cache.digest("k", b"text")
    DiskCache(str(top)).put(key, {"a": [1, "b"]})
    assert DiskCache(str(top)).get(key) == {"a": [1, "b"]}
    entry = top / key
    if spoil == "content":
        entry.write_bytes(entry.read_bytes()[:-1] + b"x")
    elif spoil == "mode":
        entry.chmod(0o666)
    elif spoil == "folder":
        top.chmod(0o777)
    elif spoil == "link":
        entry.rename(tmp_path / "elsewhere")
        entry.symlink_to(tmp_path / "elsewhere")
    else:
        key = disk_cache.digest("k", b"other")
        entry.rename(top / key)
    assert DiskCache(str(top)).get(key) is None


def test_no_folder_to_write_to_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = DiskCache(str(tmp_path / "file" / "below"))
    cache.put("0" * 40, 1)
    assert cache.get("0" * 40) is None


def test_the_oldest_entries_go_first(tmp_path: Path) -> None:
    cache = DiskCache(str(tmp_path / "cache"), limit=3 * 4096)
    names = [f"{number:x}" * 40 for number in (1, 2, 3)]
    for age, name in enumerate(names):
        cache.put(name, "x" * 600)
        os.utime(tmp_path / "cache" / name, (age, age))
    cache.put("0" * 40, "x" * 600)
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["0" * 40]


def test_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("off", "relative/folder"):
        monkeypatch.setenv(disk_cache.VARIABLE, value)
        disk_cache.shared.cache_clear()
        assert disk_cache.shared() is None
    disk_cache.shared.cache_clear()
