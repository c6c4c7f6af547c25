"""Compiled templates that come from the disk: the same output, the same errors; a folder or an entry that is not ours alone is not read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_helmsim.objects import disk_cache
from pytest_helmsim.objects.disk_cache import DiskCache
from pytest_helmsim.template import units
from pytest_helmsim.template.environment import Environment
from pytest_helmsim.template.errors import ExecutionError
from pytest_helmsim.template.functions import FUNCTIONS

TEXT = """
{{- define "inner" }}{{ printf "%d %s" 3 .a | upper }}{{ .Values.missing.field }}{{ end -}}
{{- define "never" }}{{ range . }}{{ end }}{{ end -}}
{{ range $i, $e := .list }}{{ $i }}={{ $e | default "x" | quote }},{{ end }}{{ trunc 3 .text }}
"""
DATA = {"list": [1.0, None], "text": "abcdef"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(disk_cache.VARIABLE, str(tmp_path))
    _forget()
    yield tmp_path
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    disk_cache.shared.cache_clear()
    units._place.cache_clear()


def _environment() -> Environment:
    environment = Environment(FUNCTIONS, missing_key="zero")
    environment.add("t", TEXT, kept=True)
    return environment


def _error(environment: Environment, name: str, data: object) -> str:
    with pytest.raises(ExecutionError) as caught:
        environment.execute(name, data)
    return str(caught.value)


def test_code_from_the_disk_prints_and_fails_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _environment()
    printed, failed = first.execute("t", DATA), _error(first, "inner", {"a": "b", "Values": 1})
    first.save()
    assert [path.stat().st_mode & 0o777 for path in folder.glob("*/*")] == [0o600]

    units._place.cache_clear()
    monkeypatch.setattr(units.Unit, "parse", lambda *_: pytest.fail("parsed again"))
    second = _environment()
    assert second.execute("t", DATA) == printed
    assert _error(second, "inner", {"a": "b", "Values": 1}) == failed


def test_a_template_that_never_ran_is_compiled_when_it_runs(folder: Path) -> None:
    first = _environment()
    first.execute("t", DATA)
    first.save()
    units._place.cache_clear()
    second = _environment()
    assert second.execute("never", []) == ""
    assert second._kept[0].changed


def test_nothing_is_kept_of_texts_that_may_not(folder: Path) -> None:
    environment = Environment(FUNCTIONS)
    environment.add("t", TEXT)
    environment.execute("t", DATA)
    environment.save()
    assert list(folder.rglob("*")) == []


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
