"""Resolving, packing and locking dependencies; the digest is the one that real Helm writes for the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_helmsim.chart import dependency_update, loader
from pytest_helmsim.chart.errors import DependencyError
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.objects.errors import UnsupportedFeature

CLOCK = VirtualClock(0)
CHART = 'apiVersion: v2\nname: a\nversion: 0.1.0\ndependencies:\n- name: b\n  version: "{version}"\n  repository: {repository}\n  alias: bb\n  tags: [x]\n'


def _charts(folder: Path, *, version: str = ">=0.1.0", repository: str = "file://../b") -> Path:
    for name, text in (("a", CHART.format(version=version, repository=repository)), ("b", "apiVersion: v2\nname: b\nversion: 0.3.0\n")):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "Chart.yaml").write_text(text)
    return folder / "a"


def test_update_packs_and_locks(tmp_path: Path) -> None:
    chart = _charts(tmp_path)
    lock = dependency_update.update(str(chart), clock=CLOCK)
    assert lock is not None
    assert lock.digest == "sha256:df5ac573f8c310523a1eefce8d8874f9018ba938348613b7d21c3025c4d1a637"
    assert [path.name for path in (chart / "charts").iterdir()] == ["b-0.3.0.tgz"]
    loaded = loader.load(chart)
    assert loaded.lock == lock
    assert [each.metadata.version for each in loaded.dependencies] == ["0.3.0"]
    assert dependency_update.build(str(chart), clock=CLOCK) == lock


def test_build_refuses_an_old_lock(tmp_path: Path) -> None:
    chart = _charts(tmp_path)
    dependency_update.update(str(chart), clock=CLOCK)
    _charts(tmp_path, version=">=0.2.0")
    with pytest.raises(DependencyError, match=r"the lock file \(Chart.lock\) is out of sync with the dependencies file \(Chart.yaml\)"):
        dependency_update.build(str(chart), clock=CLOCK)


@pytest.mark.parametrize(
    ("version", "repository", "error", "reason"),
    [
        (">=9", "file://../b", DependencyError, r"can't get a valid version for 1 subchart\(s\)"),
        ("x y", "file://../b", DependencyError, 'dependency "b" has an invalid version/constraint format'),
        ("1.0.0", "file://../nope", DependencyError, "directory .*nope not found"),
        ("1.0.0", '""', DependencyError, "directory .*charts/b not found"),
        ("1.0.0", "https://charts.example", UnsupportedFeature, "the repository https://charts.example"),
    ],
)
def test_what_cannot_be_resolved_leaves_nothing_behind(
    tmp_path: Path, version: str, repository: str, error: type[Exception], reason: str
) -> None:
    chart = _charts(tmp_path, version=version, repository=repository)
    with pytest.raises(error, match=reason):
        dependency_update.update(str(chart), clock=CLOCK)
    assert not (chart / "charts").exists()
    assert not (chart / "Chart.lock").exists()
