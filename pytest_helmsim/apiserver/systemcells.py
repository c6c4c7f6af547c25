"""As `cells`, for what administrators look at: API services, admission policies, flow control, certificates, addresses, devices.

Sources: k8s.io/kubernetes pkg/printers/internalversion/printers.go, k8s.io/kube-aggregator pkg/registry/apiservice/etcd/etcd.go.
"""

from __future__ import annotations

from typing import Any

from pytest_helmsim.apiserver import cells
from pytest_helmsim.apiserver.cells import NONE, UNSET, Printer, age, at, name_of
from pytest_helmsim.apiserver.durations import human
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.objects.json import Json, JsonObject


def _api_service(obj: JsonObject, now: float) -> list[Json]:
    service = at(obj, "spec.service")
    shown = f"{service.get('namespace', '')}/{service.get('name', '')}" if service else "Local"
    found = next((c for c in at(obj, "status.conditions", []) if c.get("type") == "Available"), None)
    status = "Unknown"
    if found is not None:
        reason = found.get("reason") or ""
        status = found["status"] if found["status"] == "True" or not reason else f"{found['status']} ({reason})"
    return [name_of(obj), shown, status, age(obj, now)]


def _request(obj: JsonObject, now: float) -> list[Json]:
    types = {condition.get("type") for condition in at(obj, "status.conditions", [])}
    status = "Denied" if "Denied" in types else "Approved" if "Approved" in types else "Pending"
    status += (",Failed" if "Failed" in types else "") + (",Issued" if at(obj, "status.certificate") else "")
    seconds = at(obj, "spec.expirationSeconds")
    lasting = NONE if seconds is None else human(float(seconds))
    return [name_of(obj), age(obj, now), at(obj, "spec.signerName") or NONE, at(obj, "spec.username", ""), lasting, status]


def _address(obj: JsonObject, now: float) -> list[Json]:
    """The age is a cell without a column, as the real server has it."""
    parent = at(obj, "spec.parentRef")
    shown = NONE
    if parent:
        kind = ".".join(part for part in (parent.get("resource", ""), parent.get("group", "")) if part).lower()
        shown = "/".join(part for part in (kind, parent.get("namespace", "")) if part) + f"/{parent.get('name', '')}"
    return [name_of(obj), shown, age(obj, now)]


def _policy(rules: str) -> cells.Cells:
    def row(obj: JsonObject, now: float) -> list[Json]:
        kind = at(obj, "spec.paramKind")
        shown = f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}" if kind else UNSET
        return [name_of(obj), len(at(obj, f"spec.{rules}", [])), shown, age(obj, now)]

    return row


def _policy_binding(obj: JsonObject, now: float) -> list[Json]:
    given: Any = at(obj, "spec.paramRef")
    shown = UNSET
    if given and given.get("name"):
        shown = f"{given.get('namespace') or '*'}/{given['name']}"
    elif given and given.get("selector") is not None:
        shown = _go_selector(given["selector"])
    return [name_of(obj), at(obj, "spec.policyName", ""), shown, age(obj, now)]


def _go_selector(selector: JsonObject) -> str:
    """A LabelSelector as Go's generated String method writes it."""
    pairs = "".join(f"{key}: {value}," for key, value in sorted((selector.get("matchLabels") or {}).items()))
    entries = "".join(
        f"LabelSelectorRequirement{{Key:{entry.get('key', '')},Operator:{entry.get('operator', '')},"
        f"Values:[{' '.join(entry.get('values') or ())}],}},"
        for entry in selector.get("matchExpressions") or ()
    )
    return f"&LabelSelector{{MatchLabels:map[string]string{{{pairs}}},MatchExpressions:[]LabelSelectorRequirement{{{entries}}},}}"


def _flow_schema(obj: JsonObject, now: float) -> list[Json]:
    dangling = next((c["status"] for c in at(obj, "status.conditions", []) if c.get("type") == "Dangling"), "?")
    level = at(obj, "spec.priorityLevelConfiguration.name", "")
    method = at(obj, "spec.distinguisherMethod.type", "") if at(obj, "spec.distinguisherMethod") is not None else NONE
    return [name_of(obj), level, at(obj, "spec.matchingPrecedence", 0), method, age(obj, now), dangling]


def _priority_level(obj: JsonObject, now: float) -> list[Json]:
    queuing = at(obj, "spec.limited.limitResponse.queuing")
    shares = at(obj, "spec.limited.nominalConcurrencyShares", 0) if at(obj, "spec.limited") is not None else NONE
    sizes = [NONE] * 3 if queuing is None else [queuing.get(field, 0) for field in ("queues", "handSize", "queueLengthLimit")]
    return [name_of(obj), at(obj, "spec.type", ""), shares, *sizes, age(obj, now)]


def _claim(obj: JsonObject, now: float) -> list[Json]:
    deleted = bool(obj["metadata"].get("deletionTimestamp"))
    states = ["deleted"] if deleted else []
    if at(obj, "status.allocation") is not None:
        states += ["allocated", "reserved"] if at(obj, "status.reservedFor") else ["allocated"]
    elif not deleted:
        states.append("pending")
    return [name_of(obj), ",".join(states), age(obj, now)]


def _migration(obj: JsonObject, now: float) -> list[Json]:
    words = ("Running", "Failed", "Succeeded")
    true = [c["type"] for c in at(obj, "status.conditions", []) if c.get("status") == "True" and c.get("type") in words]
    resource = ".".join(part for part in (at(obj, "spec.resource.resource", ""), at(obj, "spec.resource.group", "")) if part)
    return [name_of(obj), resource, true[-1] if true else "Unknown"]


def _component(obj: JsonObject, now: float) -> list[Json]:
    found = next((c for c in obj.get("conditions") or () if c.get("type") == "Healthy"), None)
    if found is None:
        return [name_of(obj), "Unknown", "", ""]
    return [name_of(obj), "Healthy" if found["status"] == "True" else "Unhealthy", found.get("message", ""), found.get("error", "")]


def _plain(*paths: tuple[str, Json]) -> cells.Cells:
    return lambda obj, now: [name_of(obj), *(at(obj, path, default) for path, default in paths), age(obj, now)]


_BINDING = Printer(("Name", "PolicyName", "ParamRef", "Age"), _policy_binding)
_ADMISSION, _DEVICES, _FLOW, _CERTIFICATES = (
    "admissionregistration.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "certificates.k8s.io",
)
PRINTERS: dict[tuple[str, str], Printer] = {
    ("", "componentstatuses"): Printer(("Name", "Status", "Message", "Error"), _component),
    ("apiregistration.k8s.io", "apiservices"): Printer(("Name", "Service", "Available", "Age"), _api_service),
    (_CERTIFICATES, "certificatesigningrequests"): Printer(
        ("Name", "Age", "SignerName", "Requestor", "RequestedDuration", "Condition"), _request
    ),
    (_CERTIFICATES, "clustertrustbundles"): Printer(
        ("Name", "SignerName"), lambda obj, now: [name_of(obj), at(obj, "spec.signerName") or NONE]
    ),
    ("networking.k8s.io", "ipaddresses"): Printer(("Name", "ParentRef"), _address),
    ("networking.k8s.io", "servicecidrs"): Printer(
        ("Name", "CIDRs", "Age"), lambda obj, now: [name_of(obj), ",".join(at(obj, "spec.cidrs", [])), age(obj, now)]
    ),
    ("storage.k8s.io", "volumeattachments"): Printer(
        ("Name", "Attacher", "PV", "Node", "Attached:boolean", "Age"),
        _plain(("spec.attacher", ""), ("spec.source.persistentVolumeName", ""), ("spec.nodeName", ""), ("status.attached", False)),
        formats={"Attacher": "name"},
    ),
    (_ADMISSION, "mutatingadmissionpolicies"): Printer(("Name", "Mutations:integer", "ParamKind", "Age"), _policy("mutations")),
    (_ADMISSION, "validatingadmissionpolicies"): Printer(("Name", "Validations:integer", "ParamKind", "Age"), _policy("validations")),
    (_ADMISSION, "mutatingadmissionpolicybindings"): _BINDING,
    (_ADMISSION, "validatingadmissionpolicybindings"): _BINDING,
    (_DEVICES, "resourceclaims"): Printer(("Name", "State", "Age"), _claim),
    (_DEVICES, "resourceslices"): Printer(
        ("Name", "Node", "Driver", "Pool", "Age"), _plain(("spec.nodeName", ""), ("spec.driver", ""), ("spec.pool.name", ""))
    ),
    (_FLOW, "flowschemas"): Printer(
        ("Name", "PriorityLevel", "MatchingPrecedence", "DistinguisherMethod", "Age", "MissingPL"),
        _flow_schema,
        order=lambda obj: (at(obj, "spec.matchingPrecedence", 0), name_of(obj)),
    ),
    (_FLOW, "prioritylevelconfigurations"): Printer(
        ("Name", "Type", "NominalConcurrencyShares", "Queues", "HandSize", "QueueLengthLimit", "Age"), _priority_level
    ),
    ("storagemigration.k8s.io", "storageversionmigrations"): Printer(("Name", "Resource", "Status"), _migration),
}


def printer_of(served: Served) -> Printer:
    """How rows of a built-in kind are made."""
    key = served.group, served.plural
    return cells.PRINTERS.get(key) or PRINTERS.get(key) or cells.CREATED
