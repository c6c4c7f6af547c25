"""Evicting a pod: what its disruption budget says to it, the budget's new status, and the deletion.

A pod that ended, has not begun or is being deleted asks no budget; one that is not ready asks none where the budget's policy allows it,
or where enough others are healthy. A pod with two budgets cannot be evicted.

Source: k8s.io/kubernetes pkg/registry/core/pod/storage/eviction.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import bodies, deletes, endpoints, negotiation, options, selection, writes
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.apiserver.routes import Call
from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.clock import rfc3339
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import BadRequest, Cause, Forbidden, TooManyRequests, details, not_found
from pytest_helmsim.objects.wire import Request, Response

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

_KIND = GroupVersionKind("policy", "v1", "Eviction")
_OLD_VERSION = "policy/v1beta1"
_PODS, _PDBS = StoreKey("", "pods"), StoreKey("policy", "poddisruptionbudgets")
_UNGUARDED = ("Pending", "Succeeded", "Failed")
_MANAGER = "kube-apiserver"
_MOST_DISRUPTED = 2000
_REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
_CONDITION = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting"}


def evict(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    """Answer a POST to `pods/NAME/eviction`."""
    if call.verb != "create":
        raise endpoints.method_not_allowed(call, served)
    written = options.write_options(request, "CreateOptions")
    op = endpoints.operation(server, request, call, served, written)
    body = _read(op, request)
    asked = [value for value in request.query.get("dryRun", ()) if value]
    given: JsonObject = body.get("deleteOptions") or {}
    dry = given.get("dryRun") or asked
    if asked and dry != asked:
        shown = f"[{' '.join(asked)}] and [{' '.join(dry)}]"
        return _failure(f"Non-matching dry-run options in request and content: {shown}")
    given = {**given, "dryRun": dry}
    pod = _pod(op)
    if not pod["metadata"].get("deletionTimestamp") and (pod.get("status") or {}).get("phase") not in _UNGUARDED:
        budgets = [record.obj for _, _, record in server.store.records(_PDBS, op.namespace) if _guards(record.obj, pod)]
        if len(budgets) > 1:
            return _failure("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
        for budget in budgets:
            if not _is_free(budget, pod):
                _spend(op, budget, dry=bool(dry))
    if not dry:
        given = _announce(op, pod, given)
    chosen = options.delete_options(request, given)
    op.dry_run = chosen.dry_run
    op.subresource = ""
    deletes.delete(op, chosen)
    done: JsonObject = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
    return Response.of(done, 201, *negotiation.warning_headers(op.warnings))


def _failure(message: str) -> Response:
    return Response.of({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "code": 500}, 500)


def _read(op: Operation, request: Request) -> JsonObject:
    parsed = bodies.parse(op.served, request, _KIND.kind)
    expected = _KIND
    if parsed.value.get("apiVersion") == _OLD_VERSION and parsed.value.get("kind") == _KIND.kind:
        parsed = bodies.Body({**parsed.value, "apiVersion": _KIND.api_version}, parsed.complaints)
    body = bodies.decoded(op, parsed, expected)
    meta = body.get("metadata") or {}
    if meta.get("namespace") not in (None, "", op.namespace):
        raise BadRequest("the namespace of the provided object does not match the namespace sent on the request")
    if meta.get("name") != op.name:
        raise BadRequest("name in URL does not match name in Eviction object")
    return body


def _pod(op: Operation) -> JsonObject:
    record = op.server.store.get(_PODS, op.namespace, op.name)
    if record is None:
        raise not_found("pods", "", op.name)
    return record.obj


def _guards(budget: JsonObject, pod: JsonObject) -> bool:
    """An empty selector is every pod's, a missing one nobody's."""
    selector = budget["spec"].get("selector")
    return selector is not None and selection.labels_match(selection.of_object(selector), pod)


def _is_free(budget: JsonObject, pod: JsonObject) -> bool:
    """Whether a pod that is not ready may go without taking from the budget."""
    status = budget.get("status") or {}
    conditions = (pod.get("status") or {}).get("conditions") or ()
    if any(entry.get("type") == "Ready" and entry.get("status") == "True" for entry in conditions):
        return False
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    desired = status.get("desiredHealthy") or 0
    return bool(desired > 0 and (status.get("currentHealthy") or 0) >= desired)


def _spend(op: Operation, budget: JsonObject, *, dry: bool) -> None:
    status, name = budget.get("status") or {}, budget["metadata"]["name"]
    if (status.get("observedGeneration") or 0) < (budget["metadata"].get("generation") or 0):
        cause = Cause("DisruptionBudget", f"The disruption budget {name} is still being processed by the server.")
        raise TooManyRequests(_REFUSED, details=details(causes=[cause], retry_after=10))
    left, disrupted = status.get("disruptionsAllowed") or 0, status.get("disruptedPods") or {}
    never = f"The disruption budget {name} does not allow evicting pods currently"
    if left < 0:
        raise _forbidden(name, "pdb disruptions allowed is negative", f"{never}: pdb disruptions allowed is negative")
    if len(disrupted) > _MOST_DISRUPTED:
        why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
        raise _forbidden(name, why, f"{never}: too many pending evictions not confirmed by PDB controller")
    if left == 0:
        raise TooManyRequests(_REFUSED, details=details(causes=[Cause("DisruptionBudget", _why_none(status, name, never))]))
    if dry:
        return
    new = {**status, "disruptionsAllowed": left - 1, "disruptedPods": {**disrupted, op.name: rfc3339(op.server.clock.now())}}
    if left == 1:
        new["conditions"] = _exhausted(status, op.now)
    op.server.api.update_status({**budget, "kind": "PodDisruptionBudget", "apiVersion": "policy/v1", "status": new}, manager=_MANAGER)


def _why_none(status: JsonObject, name: str, never: str) -> str:
    conditions = status.get("conditions") or ()
    found = [entry for entry in conditions if entry.get("type") == "DisruptionAllowed" and entry.get("status") == "False"]
    told: JsonObject = found[0] if found else {}
    reason, message = told.get("reason") or "", told.get("message") or ""
    if message and reason == "SyncFailed":
        return f"{never} because it failed sync: {message}"
    healthy, desired = status.get("currentHealthy") or 0, status.get("desiredHealthy") or 0
    if healthy <= desired:
        return f"The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
    return f"{never} ({reason}): {message}" if message else never


def _forbidden(name: str, why: str, cause: str) -> Forbidden:
    message = f'poddisruptionbudget.policy "{name}" is forbidden: {why}'
    shown = details(name=name, group="policy", kind="poddisruptionbudget", causes=[Cause("DisruptionBudget", cause)])
    return Forbidden(message, details=shown)


def _exhausted(status: JsonObject, now: str) -> list[Json]:
    conditions = list(status.get("conditions") or ())
    before: JsonObject = next((entry for entry in conditions if entry.get("type") == "DisruptionAllowed"), {})
    told: JsonObject = {
        "type": "DisruptionAllowed",
        "status": "False",
        "observedGeneration": status.get("observedGeneration") or 0,
        "lastTransitionTime": before["lastTransitionTime"] if before.get("status") == "False" else now,
        "reason": "InsufficientPods",
        "message": "",
    }
    return [told if entry is before else entry for entry in conditions] if before else [*conditions, told]


def _announce(op: Operation, pod: JsonObject, given: JsonObject) -> JsonObject:
    """The pod says why it goes; the options that fit it then. A pod that is not the one meant stays as it is."""
    wanted = given.get("preconditions") or {}
    meta, status = pod["metadata"], pod.get("status") or {}
    if any(wanted.get(key) not in (None, "", meta[field]) for key, field in (("uid", "uid"), ("resourceVersion", "resourceVersion"))):
        return given
    conditions = status.get("conditions") or []
    before: JsonObject = next((entry for entry in conditions if entry.get("type") == _CONDITION["type"]), {})
    since = before["lastTransitionTime"] if before.get("status") == _CONDITION["status"] else op.now
    told = {"lastProbeTime": None, **before, **_CONDITION, "lastTransitionTime": since}
    if told != before:
        entries = [told if entry is before else entry for entry in conditions] if before else [*conditions, told]
        new = writes.ordered({**pod, "status": {**status, "conditions": entries}})
        op.server.store.put(_PODS, op.namespace, op.name, new)
    return {**given, "preconditions": {key: value for key, value in wanted.items() if key != "resourceVersion"}}
