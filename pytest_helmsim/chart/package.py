"""`helm package`: a chart as an archive.

`save(chart, folder)` writes `NAME-VERSION.tgz` with the chart's own files first and its subcharts unpacked below `charts/`.
Equal charts give equal bytes, when a `modified` time is given.

Source: helm.sh/helm pkg/chart/v2/util/save.go.
"""

from __future__ import annotations

import gzip
import io
import posixpath
import tarfile
from collections.abc import Iterator
from pathlib import Path

from pytest_helmsim.chart import model
from pytest_helmsim.chart.errors import InvalidChart
from pytest_helmsim.chart.model import Chart
from pytest_helmsim.objects import gojson, yamlio


def save(chart: Chart, folder: Path, *, modified: float) -> Path:
    """Write the archive into `folder` (made when missing), and return its path; `modified` stands in every entry."""
    try:
        model.validate(chart.metadata)
    except InvalidChart as error:
        raise InvalidChart(f"chart validation: {error}") from error
    target = folder / f"{chart.name}-{chart.metadata.version}.tgz"
    if target.parent != folder:
        raise InvalidChart(f'"{target.name}" is no name for an archive')
    folder.mkdir(parents=True, exist_ok=True)
    target.write_bytes(pack(chart, modified=modified))
    return target


def pack(chart: Chart, *, modified: float) -> bytes:
    """The archive's bytes."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=modified) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, data in _members(chart, ""):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(data), 0o644, int(modified)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _members(chart: Chart, prefix: str) -> Iterator[tuple[str, bytes]]:
    base = posixpath.join(prefix, chart.name)
    metadata = chart.metadata
    if metadata.api_version == "v1":
        metadata = metadata.copy()
        metadata.dependencies = None
    yield posixpath.join(base, "Chart.yaml"), yamlio.dump(model.metadata_json(metadata)).encode()
    if metadata.api_version == "v2" and chart.lock is not None:
        yield posixpath.join(base, "Chart.lock"), yamlio.dump(_lock(chart)).encode()
    for file in chart.raw:
        if file.name == "values.yaml":
            yield posixpath.join(base, file.name), file.data
    if chart.schema is not None:
        _check_json(chart.schema)
        yield posixpath.join(base, "values.schema.json"), chart.schema
    for file in (*chart.templates, *chart.files):
        yield posixpath.join(base, file.name), file.data
    for child in chart.dependencies:
        yield from _members(child, posixpath.join(base, "charts"))


def _lock(chart: Chart) -> dict[str, object]:
    assert chart.lock is not None
    return {
        "generated": chart.lock.generated,
        "digest": chart.lock.digest,
        "dependencies": [model.dependency_json(each) for each in chart.lock.dependencies or ()],
    }


def _check_json(schema: bytes) -> None:
    try:
        gojson.decode(schema.decode("utf-8", "surrogateescape"))
    except gojson.GoJsonError as error:
        raise InvalidChart("invalid JSON in values.schema.json") from error
