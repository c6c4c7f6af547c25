"""A chart from a directory or an archive.

`load(path)`: files in Helm's order, `.helmignore` for directories only, limits of [3] (5 MiB per file, 100 MiB per archive) or [4]
(100 MiB altogether). Links are followed in directories, as Helm does, and are empty files in archives; names in archives must stay inside.

Source: helm.sh/helm pkg/chart/loader ([3]), pkg/chart/v2/loader, pkg/chart/loader/archive, internal/sympath ([4]).
"""

from __future__ import annotations

import io
import logging
import os
import posixpath
import re
import stat
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from pytest_helmsim.chart import chart_yaml, ignore, model
from pytest_helmsim.chart.errors import ChartError, ChartNotFound, InvalidChart
from pytest_helmsim.chart.model import Chart, File, Metadata
from pytest_helmsim.chart.values_file import read_values
from pytest_helmsim.objects import collector, yamlio
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour
from pytest_helmsim.objects.remembered import Remembered

MAX_CHART_SIZE: Final = 100 * 1024 * 1024
MAX_FILE_SIZE: Final = 5 * 1024 * 1024
MAX_FILES: Final = 100_000
MAX_PATH_DEPTH: Final = 100
MAX_SUBCHART_DEPTH: Final = 50
_BOM: Final = b"\xef\xbb\xbf"
_DRIVE: Final = re.compile(r"[a-zA-Z]:/")
_VALUES: Final = Remembered("values")
_log = logging.getLogger(__name__)


def load(path: str | os.PathLike[str], *, flavour: Flavour = HELM4, check_version: bool = True) -> Chart:
    """The chart at `path`: a directory, or a `.tgz`. ChartNotFound when nothing is there, InvalidChart when it is no chart.

    [4] refuses unknown apiVersions where a chart is rendered; `check_version=False` is for its commands that do not (show, lint …).
    """
    name = os.fspath(path)
    if not os.path.exists(name):
        raise ChartNotFound(f"stat {name}: no such file or directory")
    with collector.paused():
        if os.path.isdir(name):
            return load_directory(name, flavour=flavour, check_version=check_version)
        return load_file(name, flavour=flavour, check_version=check_version)


def load_directory(path: str, *, flavour: Flavour, check_version: bool = True) -> Chart:
    """The chart in a directory."""
    top = os.path.abspath(path)
    if flavour == HELM4 and check_version:
        _check_version(os.path.join(top, "Chart.yaml"))
    return load_files(list(_walk(top, flavour)), flavour=flavour)


def _check_version(chart_yaml_path: str) -> None:
    """[4] looks at the apiVersion before anything else."""
    try:
        data = Path(chart_yaml_path).read_bytes()
    except FileNotFoundError:
        raise ChartNotFound(f"unable to detect chart at {chart_yaml_path}: open {chart_yaml_path}: no such file or directory") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvalidChart(f"unable to detect chart at {chart_yaml_path}: open {chart_yaml_path}: {reason}") from error
    _refuse_unknown_version(data)


def _refuse_unknown_version(data: bytes) -> None:
    metadata = Metadata()
    chart_yaml.read_metadata(data, metadata, "Chart.yaml", type_name="loader.chartBase")
    if metadata.api_version == "v3":
        raise InvalidChart("invalid chart apiVersion")
    if metadata.api_version not in ("", "v1", "v2"):
        raise InvalidChart("unsupported chart version")


def _walk(top: str, flavour: Flavour) -> Iterator[File]:
    """The files of a directory in lexical order, links followed, ignored ones left out."""
    ignore_file = os.path.join(top, ignore.FILE_NAME)
    rules = ignore.parse(Path(ignore_file).read_bytes().decode("utf-8", "surrogateescape") if os.path.isfile(ignore_file) else "")
    remaining = MAX_CHART_SIZE
    count = 0
    pending: list[tuple[str, str]] = [("", os.path.realpath(top))]
    while pending:
        relative, real = pending.pop()
        try:
            info = os.stat(real)
        except OSError as error:
            raise InvalidChart(f"error evaluating symlink {os.path.join(top, relative)}: {error.strerror}") from error
        is_directory = stat.S_ISDIR(info.st_mode)
        if relative and ignore.is_ignored(rules, relative, is_directory=is_directory):
            continue
        count += 1
        if count > MAX_FILES or relative.count("/") > MAX_PATH_DEPTH:
            raise InvalidChart(f"chart directory {top} has too many files or a loop of links at {relative}")
        if is_directory:
            names = sorted(os.listdir(real), key=os.fsencode, reverse=True)
            for name in names:
                path = os.path.join(real, name)
                if os.path.islink(path):
                    resolved = os.path.realpath(path)
                    _log.info("found symbolic link in path: %s resolves to %s", path, resolved)
                    path = resolved
                pending.append((f"{relative}/{name}" if relative else name, path))
            continue
        if not stat.S_ISREG(info.st_mode):
            raise InvalidChart(f"cannot load irregular file {os.path.join(top, relative)} as it has file mode type bits set")
        if flavour == HELM3 and info.st_size > MAX_FILE_SIZE:
            base = _quote(posixpath.basename(relative))
            raise InvalidChart(f"chart file {base} is larger than the maximum file size {MAX_FILE_SIZE}")
        data = _read(real, relative, remaining)
        remaining -= len(data)
        yield File(relative, data.removeprefix(_BOM), _rfc3339(info.st_mtime_ns))


def _read(path: str, relative: str, remaining: int) -> bytes:
    try:
        with open(path, "rb") as stream:
            data = stream.read(remaining + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvalidChart(f"error reading {relative}: open {path}: {reason}") from error
    if len(data) > remaining:
        raise InvalidChart(f"error reading {relative}: chart exceeds maximum decompressed size of {MAX_CHART_SIZE} bytes")
    return data


def _rfc3339(nanoseconds: int) -> str:
    """A time of change as Go writes it: local zone, fraction without trailing zeros."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds).astimezone()
    offset = moment.strftime("%z")
    zone = "Z" if offset == "+0000" else f"{offset[:3]}:{offset[3:]}"
    digits = f"{fraction:09d}".rstrip("0")
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{digits}" if digits else "") + zone


def load_file(path: str, *, flavour: Flavour, check_version: bool = True) -> Chart:
    """The chart in an archive file."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_CHART_SIZE + 1)
    except OSError as error:
        raise ChartNotFound(f"open {path}: {(error.strerror or str(error)).lower()}") from error
    _refuse_other_content(path, data[:512])
    if len(data) > MAX_CHART_SIZE:
        raise InvalidChart(f"file '{path}' is larger than the maximum size {MAX_CHART_SIZE}")
    try:
        files = read_archive(data, flavour=flavour)
    except InvalidChart as error:
        if str(error) == "gzip: invalid header":
            raise InvalidChart(f"file '{path}' does not appear to be a valid chart file (details: {error})") from error
        if flavour == HELM4 and check_version:
            raise InvalidChart("unable to load chart archive") from error
        raise
    if flavour == HELM4 and check_version:
        for file in files:
            if file.name == "Chart.yaml":
                _refuse_unknown_version(file.data)
                break
        else:
            raise InvalidChart("unable to detect chart version, no Chart.yaml found")
    return load_files(files, flavour=flavour)


def _refuse_other_content(path: str, head: bytes) -> None:
    if head.startswith(b"\x1f\x8b\x08"):
        return
    if path.endswith((".yml", ".yaml")):
        raise InvalidChart(f"file '{path}' seems to be a YAML file, but expected a gzipped archive")
    raise InvalidChart(f"file '{path}' does not appear to be a gzipped archive; got '{_content_type(head)}'")


def _content_type(head: bytes) -> str:
    """What Go takes the first 512 bytes for; Helm fills a shorter file up with zeros, which no text has."""
    for start, kind in ((b"PK\x03\x04", "application/zip"), (b"%PDF-", "application/pdf")):
        if head.startswith(start):
            return kind
    word = head.lstrip(b"\t\n\x0c\r ").lower()
    if word.startswith(b"<?xml"):
        return "text/xml; charset=utf-8"
    if word.startswith((b"<html ", b"<html>", b"<!doctype html ", b"<!doctype html>")):
        return "text/html; charset=utf-8"
    return "text/plain; charset=utf-8" if len(head) == 512 and _is_text(head) else "application/octet-stream"


def _is_text(head: bytes) -> bool:
    return not any(byte <= 0x08 or byte == 0x0B or 0x0E <= byte <= 0x1A or 0x1C <= byte <= 0x1F for byte in head)


def read_archive(data: bytes, *, flavour: Flavour) -> list[File]:
    """The files of a gzipped tar, their first path element dropped; InvalidChart for names that leave it and for too much content."""
    import tarfile

    limit = "size" if flavour == HELM4 else "file size"
    unpacked = _gunzip(data, f"decompressed chart is larger than the maximum {limit} {MAX_CHART_SIZE}")
    files: list[File] = []
    remaining = MAX_CHART_SIZE
    try:
        with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
            for member in archive:
                if member.isdir():
                    continue
                if len(files) >= MAX_FILES:
                    raise InvalidChart(f"chart archive holds more than {MAX_FILES} files")
                name = _inner_name(member.name, "absolute" if member.name.startswith("/") else "")
                if flavour == HELM3 and member.size > MAX_FILE_SIZE:
                    quoted = _quote(member.name)
                    raise InvalidChart(f"decompressed chart file {quoted} is larger than the maximum file size {MAX_FILE_SIZE}")
                content = b""
                if member.isreg():
                    stream = archive.extractfile(member)
                    content = stream.read() if stream is not None else b""
                remaining -= len(content)
                if remaining <= 0:
                    raise InvalidChart(f"decompressed chart is larger than the maximum {limit} {MAX_CHART_SIZE}")
                files.append(File(name, content.removeprefix(_BOM), _rfc3339(int(member.mtime * 1_000_000_000))))
    except (tarfile.TarError, EOFError, OverflowError, ValueError) as error:
        raise InvalidChart(f"archive/tar: invalid tar header: {error}") from error
    if not files:
        raise InvalidChart("no files in chart archive")
    return files


def _gunzip(data: bytes, too_large: str) -> bytes:
    """All members of a gzip stream, refused above the limit before more is unpacked."""
    if not data.startswith(b"\x1f\x8b"):
        raise InvalidChart("gzip: invalid header" if len(data) >= 10 else "EOF")
    limit = MAX_CHART_SIZE + MAX_FILES * 1024
    parts: list[bytes] = []
    total = 0
    while data:
        machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            part = machine.decompress(data, limit - total + 1)
        except zlib.error as error:
            if parts:
                break
            raise InvalidChart(f"gzip: invalid data: {error}") from error
        total += len(part)
        if total > limit:
            raise InvalidChart(too_large)
        parts.append(part)
        if not machine.eof:
            raise InvalidChart("unexpected EOF")
        data = machine.unused_data
    return b"".join(parts)


def _inner_name(name: str, _: str) -> str:
    """The path below the chart's root of a tar member; InvalidChart where it would leave the root."""
    delimiter = "\\" if "\\" in name else "/"
    first, _, rest = name.partition(delimiter)
    inner = rest.replace(delimiter, "/")
    if inner.startswith("/"):
        raise InvalidChart("chart illegally contains absolute paths")
    inner = posixpath.normpath(inner) if inner else "."
    if inner == ".":
        raise InvalidChart(f"chart illegally contains content outside the base directory: {_quote(name)}")
    if inner.startswith(".."):
        raise InvalidChart("chart illegally references parent directory")
    if _DRIVE.match(inner):
        raise InvalidChart("chart contains illegally named files")
    if first == "Chart.yaml":
        raise InvalidChart("chart yaml not in base directory")
    return inner


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def load_files(files: list[File], *, flavour: Flavour, depth: int = 0) -> Chart:
    """A chart from its files, subcharts in `charts/` included."""
    if depth > MAX_SUBCHART_DEPTH:
        raise InvalidChart(f"subcharts are nested more than {MAX_SUBCHART_DEPTH} levels deep")
    metadata: Metadata | None = None
    chart = Chart(metadata=Metadata(), raw=list(files))
    for file in files:
        if file.name == "Chart.yaml":
            metadata = metadata or Metadata()
            chart_yaml.read_metadata(file.data, metadata, "Chart.yaml")
            metadata.api_version = metadata.api_version or "v1"
            chart.modified = file.modified if flavour == HELM4 else ""
    subcharts: dict[str, list[File]] = {}
    for file in files:
        name = file.name
        if name == "Chart.yaml":
            continue
        if name == "Chart.lock":
            chart.lock = chart_yaml.read_lock(file.data, name)
        elif name == "values.yaml":
            chart.values = _read_values(file.data, flavour)
        elif name == "values.schema.json":
            chart.schema = file.data
            chart.schema_modified = file.modified if flavour == HELM4 else ""
        elif name in ("requirements.yaml", "requirements.lock"):
            metadata = metadata or Metadata()
            if name == "requirements.yaml":
                chart_yaml.read_metadata(file.data, metadata, name)
            else:
                chart.lock = chart_yaml.read_lock(file.data, name)
            if metadata.api_version == "v1":
                chart.files.append(file)
            else:
                _log.warning("dependencies in %s are deprecated since apiVersion v2; use Chart.yaml", name)
        elif name.startswith("templates/"):
            chart.templates.append(file)
        elif name.startswith("charts/") and posixpath.splitext(name)[1] != ".prov":
            inner = name.removeprefix("charts/")
            subcharts.setdefault(inner.partition("/")[0], []).append(File(inner, file.data, file.modified))
        else:
            chart.files.append(file)
    if metadata is None:
        raise InvalidChart("Chart.yaml file is missing")
    chart.metadata = metadata
    model.validate(metadata)
    children: list[Chart] = []
    for name in sorted(subcharts):
        if name[:1] in ("_", "."):
            continue
        try:
            children.append(_load_subchart(name, subcharts[name], chart, flavour, depth))
        except (ChartError, yamlio.YamlError) as error:
            raise InvalidChart(f"error unpacking subchart {name} in {chart.name}: {error}") from error
    chart.set_dependencies(children)
    return chart


def _read_values(data: bytes, flavour: Flavour) -> dict[str, object]:
    key = _VALUES.key(data, flavour)
    known: dict[str, object] | None = _VALUES.find(key)
    if known is not None:
        return known
    try:
        values = read_values(data, flavour=flavour)
    except yamlio.YamlError as error:
        raise InvalidChart(f"cannot load values.yaml: {error}") from error
    _VALUES.keep(key, values)
    return values


def _load_subchart(name: str, files: list[File], parent: Chart, flavour: Flavour, depth: int) -> Chart:
    if posixpath.splitext(name)[1] == ".tgz":
        if files[0].name != name:
            raise InvalidChart(f"error unpacking subchart tar in {parent.name}: expected {name}, got {files[0].name}")
        return load_files(read_archive(files[0].data, flavour=flavour), flavour=flavour, depth=depth + 1)
    inner = [File(each.name.partition("/")[2], each.data, each.modified) for each in files if "/" in each.name]
    return load_files(inner, flavour=flavour, depth=depth + 1)
