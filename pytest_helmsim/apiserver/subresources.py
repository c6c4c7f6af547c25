"""Everything under an object's name: status, scale, log, eviction, binding, token and the rest; and resources that only answer.

Sources: k8s.io/kubernetes pkg/registry/core/pod/{storage,rest}, pkg/registry/core/serviceaccount/storage/token.go,
pkg/registry/{authorization,authentication}.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import (
    authorization,
    bodies,
    endpoints,
    evictions,
    field_managers,
    negotiation,
    options,
    patches,
    scaling,
    tables,
    writes,
)
from pytest_helmsim.apiserver.admission.builtin import LABELS_SINCE, topology_of
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.apiserver.routes import Call, is_true
from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.clock import rfc3339
from pytest_helmsim.objects.json import JsonObject, dumps
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import (
    BadRequest,
    Cause,
    Conflict,
    MethodNotAllowed,
    NotFound,
    details,
    invalid,
    not_found,
    qualified,
)
from pytest_helmsim.objects.wire import Request, Response, User
from pytest_helmsim.patch import server_side

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

NOT_SIMULATED = ("`exec`, `attach`, `port-forward` and `proxy`: refused with 400; containers run no processes",)
_WHOLE_OBJECT = ("status", "finalize", "approval", "ephemeralcontainers", "resize")
_METHODS = {
    "finalize": ("PUT",),
    "log": ("GET",),
    **dict.fromkeys(("binding", "eviction", "token"), ("POST",)),
    **dict.fromkeys(("exec", "attach", "portforward"), ("GET", "POST")),
    "proxy": ("GET", "POST", "PUT", "PATCH", "DELETE"),
}
"""What else than GET, PUT and PATCH of an object's part can be asked for."""
_CONNECTED = ("exec", "attach", "portforward", "proxy")
_PODS = StoreKey("", "pods")
SHORTEST_TOKEN, LONGEST_TOKEN = 600, 2**32
CLEARS_NOMINATION_FROM = 35
"""The minor version from which a pod that gets its node forgets which one was being cleared for it."""
_BINDABLE = {"Pod": _PODS, "Secret": StoreKey("", "secrets"), "Node": StoreKey("", "nodes")}


def answer(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    """The response to a request on a subresource."""
    known = served.resource.subresources
    if served.custom is not None:
        _check_custom(server, request, call, served)
    if call.subresource not in known:
        raise NotFound("the server could not find the requested resource", details={})
    methods = _METHODS.get(call.subresource, ("GET", "PUT", "PATCH"))
    if request.method not in methods:
        raise endpoints.method_not_allowed(call, served)
    if call.subresource in _CONNECTED and any(request.query.get("dryRun", ())):
        raise BadRequest("dryRun is not supported")
    match call.subresource:
        case "scale":
            return _scale(server, request, call, served)
        case name if name in _WHOLE_OBJECT:
            return _whole(server, request, call, served)
        case "log":
            return _log(server, request, call)
        case "eviction":
            return evictions.evict(server, request, call, served)
        case "binding":
            return _binding(server, request, call, served)
        case "token":
            return _token(server, request, call, served)
    return _refused(server, call, served)


def _check_custom(server: ApiServer, request: Request, call: Call, served: Served) -> None:
    """What is said of parts of custom objects that cannot be asked for."""
    if call.subresource not in served.resource.subresources:
        raise not_found(call.plural, call.group, call.name)
    if request.method not in ("GET", "PUT", "PATCH"):
        resource = qualified(call.plural, call.group)
        message = f'{call.verb} is not supported on resources of kind "{resource}"'
        raise MethodNotAllowed(message, details=details(group=call.group, kind=call.plural))


def _whole(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    if call.verb == "get":
        return endpoints.get(server, request, call, served)
    if call.verb == "update":
        return endpoints.update(server, request, call, served)
    if call.verb == "patch":
        return endpoints.patch(server, request, call, served)
    raise endpoints.method_not_allowed(call, served)


def _scale(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    kinds = {"get": "GetOptions", "update": "UpdateOptions", "patch": "PatchOptions"}
    if call.verb not in kinds:
        raise endpoints.method_not_allowed(call, served)
    content_type = bodies.media_type(request)
    applying = call.verb == "patch" and content_type == patches.APPLY
    given = options.write_options(request, kinds[call.verb], apply=applying)
    op = endpoints.operation(server, request, call, served, given)
    if call.verb == "get":
        result = scaling.get(op)
        form = negotiation.negotiate(request, served)
        if form.shape == "Table":
            return Response.of(tables.of_scale(server, result, version=form.version))
    elif call.verb == "update":
        result = scaling.replace(op, bodies.parse(served, request, "Scale").value)
    else:
        patches.check_type(served, content_type)
        value = patches.parse_apply(request.body)[0] if applying else patches.parse(op, content_type, request.body)[0]
        result = scaling.patch(op, content_type, value, force=given.force)
    return Response(200, dumps(result), (*endpoints.JSON_HEADERS, *negotiation.warning_headers(op.warnings)))


def _pod(server: ApiServer, call: Call) -> JsonObject:
    record = server.store.get(_PODS, call.namespace, call.name)
    if record is None:
        raise not_found("pods", "", call.name)
    return record.obj


def _log(server: ApiServer, request: Request, call: Call) -> Response:
    pod = _pod(server, call)
    spec = pod["spec"]
    names = [c["name"] for c in spec.get("containers") or ()]
    inits = [c["name"] for c in spec.get("initContainers") or ()]
    container = request.first("container")
    if not container:
        if len(names) > 1:
            listed = f"[{' '.join(names)}]" + (f" or one of the init containers: [{' '.join(inits)}]" if inits else "")
            raise BadRequest(f"a container name must be specified for pod {call.name}, choose one of: {listed}")
        container = names[0]
    elif container not in (*names, *inits):
        raise BadRequest(f"container {container} is not valid for pod {call.name}")
    text_type = (("Content-Type", "text/plain"),)
    if not spec.get("nodeName"):
        return Response(204, b"", ())
    text = server.logs.get((call.namespace, call.name, container, is_true(request.first("previous"))))
    if text is None:
        previous = is_true(request.first("previous"))
        state = _state(pod, container).get("lastState" if previous else "state") or {}
        if not (state.get("terminated") or (state.get("running") and not previous)):
            raise _no_log(pod, call, container, previous=previous)
        text = ""
    lines = text.splitlines(keepends=True)
    tail = request.first("tailLines")
    if tail.isdigit():
        lines = lines[len(lines) - int(tail) :] if int(tail) else []
    data = "".join(lines).encode()
    limit = request.first("limitBytes")
    return Response(200, data[: int(limit)] if limit.isdigit() else data, text_type)


def _state(pod: JsonObject, container: str) -> JsonObject:
    status = pod.get("status") or {}
    found = [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    return next((entry for entry in found if entry.get("name") == container), {})


def _no_log(pod: JsonObject, call: Call, container: str, *, previous: bool) -> BadRequest:
    state = _state(pod, container)
    if previous:
        return BadRequest(f'previous terminated container "{container}" in pod "{call.name}" not found')
    waiting = (state.get("state") or {}).get("waiting") or {}
    reason = waiting.get("reason", "")
    if reason in ("ErrImagePull", "ImagePullBackOff"):
        why = "trying and failing to pull image" if reason == "ImagePullBackOff" else "image can't be pulled"
        return BadRequest(f'container "{container}" in pod "{call.name}" is waiting to start: {why}')
    return BadRequest(f'container "{container}" in pod "{call.name}" is waiting to start: {reason or "ContainerCreating"}')


def _binding(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    body = bodies.parse(served, request, "Binding").value
    if (body.get("metadata") or {}).get("name") != call.name:
        raise BadRequest("name in URL does not match name in Binding object")
    op = endpoints.operation(server, request, call, served, options.write_options(request, "CreateOptions"))
    bind(op, (body.get("target") or {}).get("name") or "", body.get("metadata") or {})
    return Response.of({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)


def bind(op: Operation, node: str, given: JsonObject | None = None, *, placed: bool = True) -> None:
    """Put the pod on a node; a pod that has one already is a conflict.

    Labels and annotations of the binding (`given`) go to the pod; `placed` adds those that say where the node is.
    """
    record = op.server.store.get(_PODS, op.namespace, op.name)
    if record is None:
        raise op.not_found()
    pod = record.obj
    if pod["metadata"].get("deletionTimestamp"):
        raise _unbindable(op, f"pod {op.name} is being deleted, cannot be assigned to a host")
    if pod["spec"].get("nodeName"):
        raise _unbindable(op, f'pod {op.name} is already assigned to node "{pod["spec"]["nodeName"]}"')
    condition = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": op.now}
    status = pod.get("status") or {}
    if op.server.catalog.version.minor >= CLEARS_NOMINATION_FROM:
        status = {key: value for key, value in status.items() if key != "nominatedNodeName"}
    others = [entry for entry in status.get("conditions") or () if entry.get("type") != "PodScheduled"]
    labels = {**((given or {}).get("labels") or {}), **(topology_of(op.server, node) if placed else {})}
    if op.server.catalog.version.minor < LABELS_SINCE:
        labels = {}
    meta = dict(pod["metadata"])
    for key, added in (("labels", labels), ("annotations", (given or {}).get("annotations") or {})):
        if added:
            meta[key] = {**(meta.get(key) or {}), **added}
    new = {**pod, "metadata": meta, "spec": {**pod["spec"], "nodeName": node}, "status": {**status, "conditions": [*others, condition]}}
    op.server.store.put(_PODS, op.namespace, op.name, writes.finished(op, new))


def _unbindable(op: Operation, why: str) -> Conflict:
    message = f'Operation cannot be fulfilled on pods/binding "{op.name}": {why}'
    return Conflict(message, details=details(name=op.name, kind="pods/binding"))


def _token(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    record = server.store.get(served.key, call.namespace, call.name)
    if record is None:
        raise not_found("serviceaccounts", "", call.name)
    op = endpoints.operation(server, request, call, served, options.write_options(request, "CreateOptions"))
    body = bodies.decoded(op, bodies.parse(served, request, "TokenRequest"), _TOKEN_REQUEST)
    spec, given = body.get("spec") or {}, body.get("metadata") or {}
    if given.get("namespace") not in (None, "", call.namespace):
        raise BadRequest("the namespace of the provided object does not match the namespace sent on the request")
    if given.get("name") not in (None, "", call.name):
        why = f'Invalid value: "{given["name"]}": must match the service account name if specified'
        raise invalid("TokenRequest", _TOKEN_REQUEST.group, call.name, [Cause("FieldValueInvalid", why, "metadata.name")])
    if spec.get("boundObjectRef") is not None:
        _check_bound(server, call.namespace, spec["boundObjectRef"])
    seconds = spec.get("expirationSeconds") or 3600
    if not SHORTEST_TOKEN <= seconds <= LONGEST_TOKEN:
        bound = "less than 10 minutes" if seconds < SHORTEST_TOKEN else "larger than 2^32 seconds"
        why = f"Invalid value: {seconds}: may not specify a duration {bound}"
        raise invalid("TokenRequest", "authentication.k8s.io", "", [Cause("FieldValueInvalid", why, "spec.expirationSeconds")])
    now = server.clock.now()
    subject = f"system:serviceaccount:{call.namespace}:{call.name}"
    claims = {
        "aud": spec.get("audiences") or ["https://kubernetes.default.svc"],
        "exp": int(now + seconds),
        "iat": int(now),
        "sub": subject,
    }
    secret = base64.urlsafe_b64encode(server.store.draw("token")).rstrip(b"=").decode()
    token = f"{base64.urlsafe_b64encode(dumps(claims)).rstrip(b'=').decode()}.{secret}"
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{call.namespace}", "system:authenticated")
    server.tokens[token] = User(subject, groups)
    meta: JsonObject = {
        "name": call.name,
        "namespace": call.namespace,
        "uid": record.obj["metadata"]["uid"],
        "creationTimestamp": rfc3339(now),
    }
    schema = server.catalog.schema(_TOKEN_REQUEST)
    if schema is not None:
        set_fields = {key: value for key, value in spec.items() if value is not None}
        asked = {**body, "spec": {**set_fields, "expirationSeconds": seconds}}
        version, part = _TOKEN_REQUEST.api_version, "token"
        owners = server_side.update(None, asked, [], manager=op.manager, api_version=version, schema=schema, now=op.now, subresource=part)
        meta |= {"managedFields": owners} if owners else {}
    result = {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": meta,
        "spec": {"audiences": claims["aud"], "expirationSeconds": seconds, "boundObjectRef": spec.get("boundObjectRef")},
        "status": {"token": token, "expirationTimestamp": rfc3339(now + seconds)},
    }
    return Response.of(result, 201, *negotiation.warning_headers(op.warnings))


_TOKEN_REQUEST = GroupVersionKind("authentication.k8s.io", "v1", "TokenRequest")


def _check_bound(server: ApiServer, namespace: str, reference: JsonObject) -> None:
    """Raise `NotFound` for a token that is bound to an object which is not there, or is another one by now."""
    kind, version = reference.get("kind") or "", reference.get("apiVersion") or ""
    key = _BINDABLE.get(kind) if version == "v1" else None
    if key is None:
        shown = f"{version if '/' in version else f'/{version}'}, Kind={kind}"
        raise BadRequest(f"cannot bind token to object of type {shown}")
    name, uid = reference.get("name") or "", reference.get("uid")
    record = server.store.get(key, "" if key[1] == "nodes" else namespace, name)
    if record is None:
        raise not_found(key[1], "", name)
    found = record.obj["metadata"]["uid"]
    if uid and uid != found:
        message = f"the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted"
        again = f"{message} and then recreated"
        raise Conflict(f'Operation cannot be fulfilled on {kind} "{name}": {again}', details=details(name=name, kind=kind))


def _refused(server: ApiServer, call: Call, served: Served) -> Response:
    if served.key == _PODS:
        pod = _pod(server, call)
        if call.subresource == "proxy" and not (pod.get("status") or {}).get("podIP"):
            raise BadRequest("address not allowed")
        if not pod["spec"].get("nodeName"):
            raise BadRequest(f"pod {call.name} does not have a host assigned")
    what = f"{call.plural}/{call.subresource}"
    message = f"{what} is not simulated: containers of the embedded cluster run no processes; script the answer, or use a real cluster"
    raise BadRequest(message)


def review(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    """Resources that keep nothing: access and token reviews, component statuses, bindings."""
    if call.plural == "componentstatuses":
        return Response.of({"kind": "ComponentStatusList", "apiVersion": "v1", "metadata": {}, "items": []})
    if call.verb != "create":
        raise endpoints.method_not_allowed(call, served)
    op = endpoints.operation(server, request, call, served, options.write_options(request, "CreateOptions"))
    obj = bodies.read(op, request)
    if call.plural == "bindings":
        op.name = (obj.get("metadata") or {}).get("name") or ""
        pods = server.registry.of_kind(GroupVersionKind("", "v1", "Pod"))
        assert pods is not None
        node, meta = (obj.get("target") or {}).get("name") or "", obj.get("metadata") or {}
        bind(Operation(server, pods, call.namespace, op.name, manager=op.manager), node, meta, placed=False)
        return Response.of({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)
    return Response.of(_reviewed(server, op, obj, call), 201)


def _check_question(spec: JsonObject, *, whose: bool) -> None:
    """A review asks about one thing, and (with `whose`) about somebody."""
    causes = []
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is not None and path is not None:
        shown = dumps({"Path": path.get("path") or "", "Verb": path.get("verb") or ""}).decode()
        why = "cannot be specified in combination with resourceAttributes"
        causes.append(Cause("FieldValueInvalid", f"Invalid value: {shown}: {why}", "spec.nonResourceAttributes"))
    elif resource is None and path is None:
        why = "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
        causes.append(Cause("FieldValueInvalid", why, "spec.resourceAttributes"))
    if whose and not spec.get("user") and not spec.get("groups"):
        why = 'Invalid value: "": at least one of user or group must be specified'
        causes.append(Cause("FieldValueInvalid", why, "spec.user"))
    if causes:
        raise invalid("", "authorization.k8s.io", "", causes)


def _reviewed(server: ApiServer, op: Operation, obj: JsonObject, call: Call) -> JsonObject:
    spec = obj.get("spec") or {}
    if call.plural == "selfsubjectreviews":
        info: JsonObject = {"username": op.user.name, "groups": list(op.user.groups)}
        if op.user.uid:
            info["uid"] = op.user.uid
        if op.user.extra:
            info["extra"] = {key: list(values) for key, values in op.user.extra}
        return {**obj, "metadata": {"creationTimestamp": op.now}, "status": {"userInfo": info}}
    if call.plural == "selfsubjectrulesreviews":
        rules = list(authorization.rules(server, op.user, spec.get("namespace") or ""))
        resource_rules = [rule for rule in rules if rule.get("resources")]
        others = [{"verbs": rule["verbs"], "nonResourceURLs": rule["nonResourceURLs"]} for rule in rules if rule.get("nonResourceURLs")]
        return {**obj, "spec": {}, "status": {"resourceRules": resource_rules, "nonResourceRules": others, "incomplete": False}}
    if call.plural == "tokenreviews":
        user = server.tokens.get(spec.get("token") or "")
        status: JsonObject = {"user": {}, "error": "invalid bearer token"}
        if user is not None:
            status = {"authenticated": True, "user": {"username": user.name, "groups": list(user.groups)}}
        return {**field_managers.update(op, None, obj), "status": status}
    user = op.user
    _check_question(spec, whose=not call.plural.startswith("self"))
    if not call.plural.startswith("self"):
        user = User(spec.get("user") or "", tuple(spec.get("groups") or ()))
    wanted = spec.get("resourceAttributes")
    if wanted:
        asked = authorization.Attributes(
            wanted.get("verb") or "",
            wanted.get("group") or "",
            wanted.get("resource") or "",
            wanted.get("namespace") or "",
            wanted.get("name") or "",
            wanted.get("subresource") or "",
        )
    else:
        path = spec.get("nonResourceAttributes") or {}
        asked = authorization.Attributes(path.get("verb") or "", path=path.get("path") or "/")
    why = authorization.why_allowed(server, user, asked)
    verdict: JsonObject = {"allowed": why is not None, **({"reason": why} if why else {})}
    return {**field_managers.update(op, None, obj), "status": verdict}
