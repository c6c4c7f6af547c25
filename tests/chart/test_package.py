"""Packing charts, showing their parts, listing dependencies."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_helmsim.chart import dependency_list, loader, package, show
from pytest_helmsim.chart.errors import InvalidChart
from pytest_helmsim.chart.model import from_record, to_record
from pytest_helmsim.objects.flavour import FLAVOURS, HELM3, HELM4, Flavour

FILES = {
    "Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n"
    "dependencies: [{name: sub, version: 0.x.x, repository: ''}, {name: gone, version: 1.0.0}]\n",
    "Chart.lock": "dependencies: [{name: sub, repository: '', version: 0.2.0}]\n"
    "digest: sha256:x\ngenerated: '2024-01-02T03:04:05.600000Z'\n",
    "values.yaml": "# note\na: 1\n",
    "values.schema.json": "{}",
    "README.md": "hello",
    "crds/x.yaml": "kind: CustomResourceDefinition\n",
    "templates/a.yaml": "a: {{ .Values.a }}\n",
    "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.2.0\n",
    "charts/extra/Chart.yaml": "apiVersion: v2\nname: extra\nversion: 0.2.0\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / "c" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "c" / name).write_text(text)
    return tmp_path / "c"


def test_a_packed_chart_is_the_chart(folder: Path, tmp_path: Path) -> None:
    chart = loader.load(folder)
    path = package.save(chart, tmp_path / "out", modified=0)
    again = loader.load(path)
    assert path.name == "c-0.1.0.tgz"
    assert again.metadata == chart.metadata
    assert again.lock == chart.lock
    assert again.values == chart.values
    assert [file.name for file in again.files] == [file.name for file in chart.files]
    assert [each.name for each in again.dependencies] == ["extra", "sub"]
    assert package.pack(chart, modified=0) == path.read_bytes()


def test_a_chart_that_may_not_be_packed(folder: Path, tmp_path: Path) -> None:
    chart = loader.load(folder)
    chart.schema = b"{"
    with pytest.raises(InvalidChart, match="invalid JSON in values"):
        package.save(chart, tmp_path, modified=0)


def test_parts_of_a_chart(folder: Path) -> None:
    chart = loader.load(folder)
    assert show.show(chart, "values") == "# note\na: 1\n\n"
    assert show.show(chart, "readme") == "hello\n"
    assert show.show(chart, "crds") == "---\nkind: CustomResourceDefinition\n\n"
    assert show.show(chart, "crds", flavour=HELM3) == "kind: CustomResourceDefinition\n\n"
    assert show.show(chart, "chart").startswith("apiVersion: v2\ndependencies:\n- name: sub\n")
    assert show.show(chart, "all").count("---\n") == 3


def test_dependencies_and_their_states(folder: Path) -> None:
    listing = dependency_list.list_dependencies(str(folder))
    assert [(row.name, row.status) for row in listing.rows] == [("sub", "unpacked"), ("gone", "missing")]
    assert listing.warnings == (f'WARNING: "{folder}/charts/extra" is not in Chart.yaml.',)


def test_archives_of_dependencies(folder: Path) -> None:
    sub = loader.load(folder / "charts" / "sub")
    package.save(sub, folder / "charts", modified=0)
    assert dependency_list.list_dependencies(str(folder)).rows[0].status == "ok"
    sub.metadata.version = "1.0.0"
    package.save(sub, folder / "charts", modified=0)
    assert dependency_list.list_dependencies(str(folder)).rows[0].status == "too many matches"
    (folder / "charts" / "sub-0.2.0.tgz").unlink()
    assert dependency_list.list_dependencies(str(folder)).rows[0].status == "wrong version"
    (folder / "charts" / "sub-1.0.0.tgz").write_bytes(b"no archive")
    with pytest.raises(InvalidChart, match=r"error unpacking subchart sub-1\.0\.0\.tgz in c"):
        dependency_list.list_dependencies(str(folder))


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_records_keep_the_chart(folder: Path, flavour: Flavour) -> None:
    chart = loader.load(folder, flavour=flavour)
    record = to_record(chart, flavour)
    assert to_record(from_record(record), flavour) == record
    assert list(record["metadata"]) == ["name", "version", "apiVersion", "dependencies"]
    assert record["lock"]["generated"] == "2024-01-02T03:04:05.6Z"
    assert ("schemamodtime" in record) is (flavour == HELM4)
    assert all(("modtime" in file) is (flavour == HELM4) for file in record["files"])
