"""Every patch, apply and update that a real API server 1.36 answered, replayed through the pure functions.

Compared: the object (as far as a patch decides it: what the server defaults afterwards is allowed, nothing else), the managedFields
to the byte, the error's code and text, conflicts with their causes. Left out: what validation refuses after the patch.
Recorded by tools/record_patches.py.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.patch import compare, dispatch, server_side
from pytest_helmsim.patch.errors import PatchError
from pytest_helmsim.patch.field_set import FieldSet
from pytest_helmsim.schema import defaults, openapi
from pytest_helmsim.schema.canonical import canonical
from pytest_helmsim.schema.catalog import Catalog

RECORDED = Path(__file__).parents[1] / "recorded" / "patch"
CONTENT_TYPES = {"smp": dispatch.STRATEGIC_MERGE_PATCH, "merge": dispatch.MERGE_PATCH, "json": dispatch.JSON_PATCH}
CRD = json.loads((RECORDED / "widgets.json").read_text())


def lives():
    for path in sorted(RECORDED.glob("*.jsonl.gz")):
        rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
        yield pytest.param(rows, id=path.name.partition(".")[0])


def reset_fields(gvk, subresource):
    """What a write at this endpoint cannot own: status, or all but the status."""
    if not subresource:
        return (
            FieldSet.of() if gvk.kind in ("ConfigMap", "Secret", "Role", "ServiceAccount", "NetworkPolicy") else FieldSet.of(("f:status",))
        )
    extra = {"Widget": [("f:metadata",)], "Deployment": [("f:metadata", "f:labels")]}
    return FieldSet.of(("f:spec",), *extra.get(gvk.kind, ()))


def schema_of(gvk):
    catalog = Catalog.for_version("1.36")
    return catalog.schema(gvk) or openapi.from_crd(CRD, gvk.version, catalog.meta)


@pytest.mark.parametrize("rows", list(lives()))
def test_the_recorded_answers_are_given(rows):
    wrong = [problem for life in rows for problem in problems(life)]

    assert not wrong, f"{len(wrong)} of {sum(len(life['steps']) for life in rows)}:\n" + "\n".join(wrong[:10])


def problems(life):
    gvk = GroupVersionKind(*life["gvk"])
    schema = schema_of(gvk)
    current = None
    for number, step in enumerate(life["steps"]):
        if step["code"] == 409 and step["request"]["verb"] == "create":
            return
        if step["code"] == 0 or (current is None and step["request"]["verb"] in CONTENT_TYPES):
            continue
        request, answer, code = step["request"], step["answer"], step["code"]
        where = f"{gvk.kind} {life['title']!r} step {number} ({request['verb']})"
        for problem in check(request, answer, code, current, gvk, schema):
            yield f"{where}: {problem}"
        if code < 300:
            current = answer


def check(request, answer, code, current, gvk, schema):
    ignored = {gvk.api_version: reset_fields(gvk, request.get("sub", ""))}
    settings = {
        "manager": request.get("fieldManager", "recorder"),
        "api_version": gvk.api_version,
        "schema": schema,
        "subresource": request.get("sub", ""),
        "ignored": ignored,
        "now": newest(answer, current) if code < 300 else "2026-01-01T00:00:00Z",
    }
    entries = current["metadata"].get("managedFields", []) if current else []
    if request["verb"] == "apply":
        yield from check_apply(request, answer, code, current, entries, settings)
        return
    new = None
    if request["verb"] in CONTENT_TYPES:
        if code == 415:
            return
        try:
            new = dispatch.PATCHERS[CONTENT_TYPES[request["verb"]]](current, request["body"], schema)
        except PatchError as error:
            yield from check_error(error.to_api_error(), answer, code)
            return
        if code >= 300:
            if not refused_later(answer, code):
                yield f"no error, but the server said {code} {answer.get('message')!r}"
            return
        if not request.get("sub"):
            yield from check_object(new, answer, current, schema)
    if code >= 300:
        return
    body = before_allocation({**answer, "metadata": {**answer["metadata"]}}, current, new or request["body"])
    body["metadata"].pop("managedFields", None)
    sent = ((new or {}).get("metadata") or {}).get("managedFields") if new is not None else None
    if sent is not None:
        body["metadata"]["managedFields"] = sent
    owners = server_side.update(current, body, entries, **settings)
    yield from check_owners(owners, answer, current)


def before_allocation(body, current, asked):
    """An object as it was when its owners were booked: before admission and before addresses and node ports were given."""
    if body["kind"] == "Pod":
        known = {key: value for key, value in asked["spec"].items() if key in ADMITTED}
        return {**body, "spec": {**{key: value for key, value in body["spec"].items() if key not in ADMITTED}, **known}}
    if body["kind"] != "Service":
        return body
    known = (current or {}).get("spec", {})
    spec = {key: value for key, value in body["spec"].items() if key not in ALLOCATED or key in known}
    ports = {(port["port"], port["protocol"]) for port in known.get("ports", []) if "nodePort" in port}
    spec["ports"] = [
        {key: value for key, value in port.items() if key != "nodePort" or (port["port"], port["protocol"]) in ports}
        for port in spec["ports"]
    ]
    return {**body, "spec": spec}


ADMITTED = ("priority", "preemptionPolicy", "tolerations")
ALLOCATED = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")


def check_apply(request, answer, code, current, entries, settings):
    try:
        if not request.get("fieldManager"):
            raise PatchError("not checked here")
        applied = server_side.apply(current, entries, request["body"], force="force" in request, **settings)
    except server_side.Conflicts as conflicts:
        if code != 409 or str(conflicts) != answer["message"]:
            yield f"{conflicts} instead of {code} {answer.get('message')}"
        elif sorted(map(str, causes(conflicts.to_api_error().to_status()))) != sorted(map(str, causes(answer))):
            yield "other causes"
        return
    except PatchError as error:
        if str(error) != "not checked here":
            yield from check_error(error.to_api_error(), answer, code)
        return
    if code >= 300:
        if not refused_later(answer, code):
            yield f"no error, but the server said {code} {answer.get('message')!r}"
        return
    if not request.get("sub"):
        yield from check_object(applied.object, answer, current, settings["schema"])
    yield from check_owners(applied.managers, answer, current)


def causes(status):
    return (status.get("details") or {}).get("causes") or []


def check_error(error, answer, code):
    if (error.code, parts(error.message)) != (code, parts(answer.get("message"))):
        yield f"{error.code} {error.message!r} instead of {code} {answer.get('message')!r}"


def parts(message):
    """The lines of a message: of several errors the order is random."""
    return sorted(message.splitlines()) if message else message


def refused_later(answer, code):
    """Validation, decoding of the patched object, namespaces: not a matter of the patch itself."""
    words = ("invalid", "unmarshal", "decod", "quantities must", "unable to convert")
    return code in (400, 404, 409, 422, 500) and any(word in answer["message"] for word in words)


def check_object(new, answer, current, schema):
    wanted = comparable(new, schema)
    got = comparable(answer, schema)
    if "stringData" in new:
        wanted.pop("data", None)
        got.pop("data", None)
    if got != wanted:
        yield f"the object has {difference(wanted, got)}"


def comparable(obj, schema):
    """The part of an object that a patch decides, in the form in which the server writes it."""
    metadata = {key: value for key, value in obj["metadata"].items() if key not in ("managedFields", "generation", "deletionTimestamp")}
    parts = {key: value for key, value in obj.items() if key not in ("status", "stringData")} | {"metadata": metadata}
    if obj["kind"] == "Service":
        ports = [{key: value for key, value in port.items() if key != "nodePort"} for port in obj["spec"].get("ports") or []]
        parts["spec"] = {**{key: value for key, value in obj["spec"].items() if key not in ALLOCATED}, "ports": ports}
    if obj["kind"] == "Pod":
        parts["spec"] = {key: value for key, value in obj["spec"].items() if key not in ADMITTED}
        added = [item for item in obj["spec"].get("tolerations") or [] if not item["key"].startswith("node.kubernetes.io/")]
        parts["spec"]["tolerations"] = added
    if schema.name:
        gvk = GroupVersionKind.of_object(obj)
        parts = canonical(defaults.apply(gvk, canonical(parts, schema, draft=True)), schema)
    else:
        parts["spec"] = {"mode": "fast", **(parts.get("spec") or {})}
        parts["spec"]["endpoints"] = [{"protocol": "TCP", **item} for item in parts["spec"].get("endpoints") or []]
    return without_empties(parts)


def without_empties(value):
    if isinstance(value, dict):
        cleaned = {key: without_empties(item) for key, item in value.items() if not key.startswith("$")}
        return {key: item for key, item in cleaned.items() if item not in (None, {}, [])}
    return [without_empties(item) for item in value] if isinstance(value, list) else value


def difference(wanted, got):
    return "; ".join(f"{change.path}: {change.before!r} instead of {change.after!r}" for change in compare.changes(got, wanted))


def check_owners(owners, answer, current):
    got = answer["metadata"].get("managedFields", [])
    ours, theirs = ([(json.dumps(entry["fieldsV1"]), entry) for entry in entries] for entries in (owners, got))
    if ours != theirs:
        extra = [entry for entry in ours if entry not in theirs]
        missing = [entry for entry in theirs if entry not in ours]
        yield f"managedFields: ours {extra or 'in another order'} theirs {missing}"


def newest(answer, current):
    """The time of the write: of an entry that is not older than the newest one before it."""
    before = {entry.get("time") for entry in (current or {"metadata": {}})["metadata"].get("managedFields", [])}
    stamps = [entry["time"] for entry in answer["metadata"].get("managedFields", []) if "time" in entry]
    return max((stamp for stamp in stamps if stamp not in before), default=max(stamps, default="2026-01-01T00:00:00Z"))
