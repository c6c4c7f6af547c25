"""`helm package`: a chart as an archive.

`save(chart, folder)` writes `NAME-VERSION.tgz` with the chart's own files first and its subcharts unpacked below `charts/`.
Equal charts give equal bytes, when a `modified` time is given.

Source: helm.sh/helm pkg/chart/v2/util/save.go.
"""

from __future__ import annotations

import gzip
import io
import os
import posixpath
import tarfile
from collections.abc import Iterator
from pathlib import Path

from pytest_helmsim.chart import chart_yaml, loader, model
from pytest_helmsim.chart.errors import InvalidChart
from pytest_helmsim.chart.model import Chart, Metadata
from pytest_helmsim.objects import gojson, yamlio
from pytest_helmsim.objects.flavour import HELM4, Flavour


def save(chart: Chart, folder: Path, *, modified: float, flavour: Flavour = HELM4) -> Path:
    """Write the archive into `folder` (made when missing), and return its path; `modified` stands in every entry."""
    target = folder / archive_name(chart)
    folder.mkdir(parents=True, exist_ok=True)
    target.write_bytes(pack(chart, modified=modified, flavour=flavour))
    return target


def archive_name(chart: Chart) -> str:
    """NAME-VERSION.tgz; raises for a chart that is not valid, or whose archive would lie elsewhere."""
    try:
        model.validate(chart.metadata)
    except InvalidChart as error:
        raise InvalidChart(f"chart validation: {error}") from error
    name = f"{chart.name}-{chart.metadata.version}.tgz"
    if posixpath.basename(name) != name:
        raise InvalidChart(f'"{name}" is no name for an archive')
    return name


def pack(chart: Chart, *, modified: float, flavour: Flavour = HELM4) -> bytes:
    """The archive's bytes."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=modified) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, data in _members(chart, "", flavour):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(data), 0o644, int(modified)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _members(chart: Chart, prefix: str, flavour: Flavour) -> Iterator[tuple[str, bytes]]:
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
        _check_json(chart.schema, flavour)
        yield posixpath.join(base, "values.schema.json"), chart.schema
    for file in (*chart.templates, *chart.files):
        yield posixpath.join(base, file.name), file.data
    for child in chart.dependencies:
        yield from _members(child, posixpath.join(base, "charts"), flavour)


def _lock(chart: Chart) -> dict[str, object]:
    assert chart.lock is not None
    return {
        "generated": chart.lock.generated,
        "digest": chart.lock.digest,
        "dependencies": [model.dependency_json(each) for each in chart.lock.dependencies or ()],
    }


def _check_json(schema: bytes, flavour: Flavour) -> None:
    try:
        gojson.decode(schema.decode("utf-8", "surrogateescape"))
    except gojson.GoJsonError as error:
        raise InvalidChart(f"{'i' if flavour == HELM4 else 'I'}nvalid JSON in values.schema.json") from error


def expand(data: bytes, folder: Path, *, flavour: Flavour = HELM4) -> Path:
    """Unpack an archive's files below `folder`, in a directory named after the chart; nothing is written outside of it."""
    files = loader.read_archive(data, flavour=flavour)
    metadata = Metadata()
    for file in files:
        if file.name == "Chart.yaml":
            chart_yaml.read_metadata(file.data, metadata, file.name)
    name = metadata.name
    if not name:
        raise InvalidChart("chart name not specified")
    if name in (".", ".."):
        raise InvalidChart(f'chart name "{name}" is not allowed')
    if posixpath.basename(name) != name or os.path.basename(name) != name:
        raise InvalidChart(f'chart name "{name}" must not contain path separators')
    top = folder / name
    for file in files:
        target = top / file.name
        if not target.resolve().is_relative_to(folder.resolve() / name):
            raise InvalidChart(f"{file.name} would be written outside of {top}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
    return top
