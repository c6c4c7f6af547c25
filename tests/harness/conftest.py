"""An embedded cluster and a chart, without pytest's plugin."""

import pytest

from pytest_helmsim.backends import base
from pytest_helmsim.harness.cluster import Cluster
from pytest_helmsim.harness.releases import Releases


@pytest.fixture(scope="session")
def source():
    with base.open_source(base.Settings()) as opened:
        yield opened


@pytest.fixture(params=["helm3", "helm4"])
def world(request, source, tmp_path):
    """Cluster and releases for each Helm; charts are looked up in `tmp_path`."""
    with source.isolate("harness") as backend:
        yield Releases(Cluster(backend, flavour=request.param), chart_folders=[tmp_path])


@pytest.fixture
def chart(tmp_path):
    """`chart("name", files)` writes a chart and gives its path."""

    def write(name="tiny", **files):
        files = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n", "values.yaml": "colour: blue\n", **files}
        for path, text in files.items():
            if text is None:
                continue
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return str(tmp_path / name)

    return write
