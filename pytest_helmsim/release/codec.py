"""Record to text and back: Go's JSON of Helm's structs, gzip, base64.

Fields that a Helm does not know are lost when it writes a record again; `encode` keeps to its flavour's structs, so an
engine in Helm 3's place drops what Helm 4 had written, as the real one does.
Source: helm.sh/helm/v4 pkg/storage/driver/util.go, pkg/release/v1; helm.sh/helm/v3 pkg/release, pkg/time.
"""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Iterable
from typing import Any

from pytest_helmsim.chart import model as charts
from pytest_helmsim.objects import gojson
from pytest_helmsim.objects.flavour import HELM4, Flavour
from pytest_helmsim.objects.json import Json, JsonObject, loads
from pytest_helmsim.release import times
from pytest_helmsim.release.errors import StorageFailed
from pytest_helmsim.release.model import HookRecord, HookRun, Info, Release

_MAGIC = b"\x1f\x8b\x08"
MAX_DECODED = 256 << 20


class Struct:
    """A Go struct: pairs in the order of its fields."""

    def __init__(self, fields: Iterable[tuple[str, Any]]) -> None:
        self._fields = list(fields)

    def marshal_json(self) -> str:
        """The pairs as an object, order kept."""
        return gojson.encode_fields(self._fields)


def encode(release: Release, flavour: Flavour) -> str:
    """The release string: what stands in a ConfigMap's `data.release`, and in a Secret's once more in base64."""
    data = bytearray(gzip.compress(document(release, flavour).encode("utf-8", "surrogateescape"), 9, mtime=0))
    data[9] = 0xFF
    return base64.b64encode(data).decode()


def decode(text: str) -> Release:
    """Raise `StorageFailed` for what is no record: bad base64, a broken archive, no JSON, other types.

    The words are Helm 4's; Helm 3 crashes where it is asked for such a record by its number.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise StorageFailed(_base64_problem(text)) from error
    try:
        if len(data) > 3 and data[:3] == _MAGIC:
            data = _gunzip(data)
    except (OSError, EOFError, zlib.error) as error:
        raise StorageFailed(str(error) if "EOF" in str(error) else "gzip: invalid checksum") from error
    try:
        value = loads(data)
    except ValueError as error:
        raise StorageFailed(_json_problem(data) or str(error)) from error
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise StorageFailed(f"json: cannot unmarshal {gojson.kind_name(value)} into Go value of type v1.Release")
    for key, (kind, go) in _TYPES.items():
        if value.get(key) is not None and not isinstance(value[key], kind):
            wrong = "number" if isinstance(value[key], int | float) else gojson.kind_name(value[key])
            raise StorageFailed(f"json: cannot unmarshal {wrong} into Go struct field Release.{key} of type {go}")
    try:
        return from_json(value)
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        raise StorageFailed(f"the record has a field of a wrong type: {error}") from error


_TYPES: dict[str, tuple[type, str]] = {
    "name": (str, "string"),
    "info": (dict, "v1.Info"),
    "chart": (dict, "v2.Chart"),
    "config": (dict, "map[string]interface {}"),
    "manifest": (str, "string"),
    "hooks": (list, "[]*v1.Hook"),
    "version": (int, "int"),
    "namespace": (str, "string"),
    "apply_method": (str, "string"),
}


def _base64_problem(text: str) -> str:
    from pytest_helmsim.template.functions.encoding import EncodingError, decode_base64

    try:
        decode_base64(text)
    except EncodingError as error:
        return str(error)
    return "illegal base64 data"


def _json_problem(data: bytes) -> str:
    try:
        gojson.decode(data.decode("utf-8", "surrogateescape"))
    except gojson.GoJsonError as error:
        return str(error)
    return ""


def _gunzip(data: bytes) -> bytes:
    reader = zlib.decompressobj(31)
    result = reader.decompress(data, MAX_DECODED)
    if reader.unconsumed_tail:
        raise StorageFailed(f"the record unpacks to more than {MAX_DECODED} bytes")
    if not reader.eof:
        raise EOFError("unexpected EOF")
    return result


def document(release: Release, flavour: Flavour) -> str:
    """The record's JSON text."""
    return gojson.encode(to_struct(release, flavour))


def to_struct(release: Release, flavour: Flavour, *, chart: bool = True, resources: JsonObject | None = None) -> Struct:
    """The record as a struct; `status` shows it without chart and with the live objects."""
    fields: list[tuple[str, Any]] = [("name", release.name), ("info", _info(release.info, flavour, resources))]
    if chart and release.chart is not None:
        fields.append(("chart", _chart(release.chart, flavour)))
    fields += [
        ("config", release.config),
        ("manifest", release.manifest),
        ("hooks", [_hook(hook, flavour) for hook in release.hooks]),
        ("version", release.version),
        ("namespace", release.namespace),
    ]
    if flavour == HELM4:
        fields.append(("apply_method", release.apply_method))
    return Struct((key, value) for key, value in fields if value)


def _info(info: Info, flavour: Flavour, resources: JsonObject | None) -> Struct:
    modern = flavour == HELM4
    moments = (("first_deployed", info.first_deployed), ("last_deployed", info.last_deployed), ("deleted", info.deleted))
    fields: list[tuple[str, Any]] = [(key, value) for key, value in moments if value or not modern]
    rest: list[tuple[str, Any]] = [("description", info.description), ("status", info.status)]
    if modern:
        rest.append(("rollback_revision", info.rollback_revision))
    rest += [("notes", info.notes), ("resources", resources)]
    return Struct([*fields, *((key, value) for key, value in rest if value)])


def _hook(hook: HookRecord, flavour: Flavour) -> Struct:
    run = hook.last_run
    moments = [("started_at", run.started_at), ("completed_at", run.completed_at)]
    if flavour == HELM4:
        moments = [pair for pair in moments if pair[1]]
    return Struct(
        (key, value)
        for key, value in (
            ("name", hook.name),
            ("kind", hook.kind),
            ("path", hook.path),
            ("manifest", hook.manifest),
            ("events", hook.events),
            ("last_run", Struct([*moments, ("phase", run.phase)])),
            ("weight", hook.weight),
            ("delete_policies", hook.delete_policies),
            ("output_log_policies", hook.output_log_policies),
        )
        if value
    )


def _chart(record: JsonObject, flavour: Flavour) -> Struct:
    """The chart as this flavour's structs know it."""
    return _ordered(charts.to_record(charts.from_record(record), flavour))


_MAPS = frozenset({"values", "annotations", "import-values"})


def _ordered(value: JsonObject) -> Struct:
    return Struct((key, item if key in _MAPS else _ordered_any(item)) for key, item in value.items())


def _ordered_any(value: Json) -> Any:
    if isinstance(value, dict):
        return _ordered(value)
    if isinstance(value, list):
        return [_ordered_any(item) for item in value]
    return value


def from_json(value: JsonObject) -> Release:
    """A release from a record's JSON; unknown fields are passed over."""
    info = value.get("info") or {}
    return Release(
        name=value.get("name") or "",
        namespace=value.get("namespace") or "",
        version=int(value.get("version") or 0),
        info=Info(
            first_deployed=times.normal(info.get("first_deployed")),
            last_deployed=times.normal(info.get("last_deployed")),
            deleted=times.normal(info.get("deleted")),
            description=info.get("description") or "",
            status=info.get("status") or "",
            rollback_revision=int(info.get("rollback_revision") or 0),
            notes=info.get("notes") or "",
        ),
        chart=value.get("chart"),
        config=floats(value.get("config") or {}),
        manifest=value.get("manifest") or "",
        hooks=tuple(_hook_from_json(hook) for hook in value.get("hooks") or ()),
        apply_method=value.get("apply_method") or "",
    )


def _hook_from_json(hook: JsonObject) -> HookRecord:
    run = hook.get("last_run") or {}
    return HookRecord(
        name=hook.get("name") or "",
        kind=hook.get("kind") or "",
        path=hook.get("path") or "",
        manifest=hook.get("manifest") or "",
        events=tuple(hook.get("events") or ()),
        last_run=HookRun(times.normal(run.get("started_at")), times.normal(run.get("completed_at")), run.get("phase") or ""),
        weight=int(hook.get("weight") or 0),
        delete_policies=tuple(hook.get("delete_policies") or ()),
        output_log_policies=tuple(hook.get("output_log_policies") or ()),
    )


def floats(value: Json) -> Json:
    """JSON as Go's `interface{}` holds it: every number a float64, which templates can see."""
    if isinstance(value, dict):
        return {key: floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [floats(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
