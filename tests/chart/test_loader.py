"""Loading charts from directories and archives: equal results, limits, names that leave the chart, links, damage."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from pytest_helmsim.chart import loader
from pytest_helmsim.chart.errors import ChartError, ChartNotFound, InvalidChart
from pytest_helmsim.objects.flavour import FLAVOURS, HELM3, HELM4, Flavour

FILES = {
    "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 0.1.0\n",
    "values.yaml": b"\xef\xbb\xbfa: 1\n",
    "templates/a.yaml": b"a: b\n",
    "charts/sub/Chart.yaml": b"apiVersion: v2\nname: sub\nversion: 0.1.0\n",
    "README.md": b"hello",
}


def _archive(members: dict[str, bytes], *, kinds: dict[str, bytes] | None = None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            kind = (kinds or {}).get(name)
            if kind:
                info.type, info.linkname, info.size = kind, "/etc/passwd", 0
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _directory(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_archive_and_directory_give_the_same_chart(tmp_path: Path, flavour: Flavour) -> None:
    (tmp_path / "c.tgz").write_bytes(_archive({f"c/{name}": data for name, data in FILES.items()}))
    unpacked = loader.load(_directory(tmp_path / "c", FILES), flavour=flavour)
    packed = loader.load(tmp_path / "c.tgz", flavour=flavour)
    assert packed.metadata == unpacked.metadata
    assert packed.values == unpacked.values == {"a": 1.0}
    assert [file.name for file in packed.templates] == [file.name for file in unpacked.templates] == ["templates/a.yaml"]
    assert {file.name: file.data for file in packed.files} == {file.name: file.data for file in unpacked.files}
    assert [each.full_path for each in packed.dependencies] == ["c/charts/sub"]


def test_subcharts_in_archives(tmp_path: Path) -> None:
    sub = _archive({"sub/Chart.yaml": FILES["charts/sub/Chart.yaml"]})
    files = {"Chart.yaml": FILES["Chart.yaml"], "charts/sub-0.1.0.tgz": sub, "charts/sub-0.1.0.tgz.prov": b"signature"}
    chart = loader.load(_directory(tmp_path / "c", files))
    assert [each.name for each in chart.dependencies] == ["sub"]
    assert [file.name for file in chart.files] == ["charts/sub-0.1.0.tgz.prov"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("c//etc/passwd", "chart illegally contains absolute paths"),
        ("c/../../x", "chart illegally references parent directory"),
        ("c/..\\..\\x", "chart illegally references parent directory"),
        ("c\\..\\x", "chart illegally references parent directory"),
        ("c\\c:\\x", "chart contains illegally named files"),
        ("Chart.yaml", "content outside the base directory"),
        ("Chart.yaml/x", "chart yaml not in base directory"),
    ],
)
def test_names_that_leave_the_chart_are_refused(name: str, reason: str) -> None:
    if name == "c/..\\..\\x":
        reason = "chart illegally references parent directory"
    with pytest.raises(InvalidChart, match=reason):
        loader.read_archive(_archive({name: b"x"}), flavour=HELM3)


def test_links_in_archives_are_empty_files() -> None:
    files = loader.read_archive(_archive({"c/link": b""}, kinds={"c/link": tarfile.SYMTYPE}), flavour=HELM4)
    assert [(file.name, file.data) for file in files] == [("link", b"")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no gzip at all", "gzip: invalid header"),
        (gzip.compress(b"no tar" * 200), "archive/tar: invalid tar header"),
        (gzip.compress(b"\0" * 1024), "no files in chart archive"),
        (_archive({"c/Chart.yaml": b"x"})[:-20], "unexpected EOF"),
    ],
    ids=["no gzip", "no tar", "empty", "cut off"],
)
def test_damaged_archives(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidChart, match=reason):
        loader.read_archive(data, flavour=HELM3)


def test_an_archive_that_unpacks_without_end_is_refused() -> None:
    bomb = gzip.compress(b"\0" * (8 * 1024 * 1024), 9) * 40
    with pytest.raises(InvalidChart, match="decompressed chart is larger than the maximum size 104857600"):
        loader.read_archive(bomb, flavour=HELM4)


def test_file_limit_of_the_older_helm(tmp_path: Path) -> None:
    folder = _directory(tmp_path / "c", {**FILES, "big": b"x" * (5 * 1024 * 1024 + 1)})
    with pytest.raises(InvalidChart, match='chart file "big" is larger than the maximum file size 5242880'):
        loader.load(folder, flavour=HELM3)
    assert loader.load(folder, flavour=HELM4).name == "c"


def test_directory_links_are_followed_and_loops_refused(tmp_path: Path) -> None:
    folder = _directory(tmp_path / "c", FILES)
    (tmp_path / "shared.txt").write_text("shared")
    os.symlink(tmp_path / "shared.txt", folder / "link.txt")
    assert {file.name: file.data for file in loader.load(folder).files}["link.txt"] == b"shared"
    os.symlink(folder, folder / "again")
    with pytest.raises(InvalidChart, match="loop of links"):
        loader.load(folder)


def test_what_is_no_chart(tmp_path: Path) -> None:
    with pytest.raises(ChartNotFound, match="no such file or directory"):
        loader.load(tmp_path / "nothing")
    (tmp_path / "v.yaml").write_text("a: b")
    with pytest.raises(InvalidChart, match="seems to be a YAML file, but expected a gzipped archive"):
        loader.load(tmp_path / "v.yaml")
    (tmp_path / "v.bin").write_text("text")
    with pytest.raises(InvalidChart, match="does not appear to be a gzipped archive; got 'application/octet-stream'"):
        loader.load(tmp_path / "v.bin")
    os.mkfifo(_directory(tmp_path / "c", FILES) / "pipe")
    with pytest.raises(ChartError, match="irregular file"):
        loader.load(tmp_path / "c")
