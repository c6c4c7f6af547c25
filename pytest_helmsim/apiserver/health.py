"""`/healthz`, `/livez`, `/readyz` with their single checks, and the list of paths at `/`: always healthy.

Source: k8s.io/apiserver pkg/server/healthz/healthz.go; the checks are those that kube-apiserver 1.36 registers, in its order.
"""

from __future__ import annotations

from pytest_helmsim.objects.wire import Request, Response

_TEXT = ("Content-Type", "text/plain; charset=utf-8")
_NO_SNIFF = ("X-Content-Type-Options", "nosniff")
_HOOKS = (
    "start-apiserver-admission-initializer", "generic-apiserver-start-informers", "priority-and-fairness-config-consumer",
    "priority-and-fairness-filter", "storage-object-count-tracker-hook", "start-apiextensions-informers",
    "start-apiextensions-controllers", "crd-informer-synced", "start-system-namespaces-controller",
    "peer-endpoint-reconciler-controller", "start-cluster-authentication-info-controller",
    "start-kube-apiserver-identity-lease-controller", "start-kube-apiserver-identity-lease-garbage-collector", "storage-readiness",
    "start-legacy-token-tracking-controller", "start-service-ip-repair-controllers", "rbac/bootstrap-roles",
    "scheduling/bootstrap-system-priority-classes", "priority-and-fairness-config-producer", "bootstrap-controller",
    "start-kubernetes-service-cidr-controller", "start-kube-aggregator-informers", "apiservice-status-local-available-controller",
    "apiservice-status-remote-available-controller", "apiservice-registration-controller", "apiservice-discovery-controller",
    "kube-apiserver-autoregistration", "autoregister-completion", "apiservice-openapi-controller", "apiservice-openapiv3-controller",
)  # fmt: skip
_FIRST = {
    "healthz": ("ping", "log", "loopback-serving-certificate", "etcd"),
    "livez": ("ping", "log", "loopback-serving-certificate", "etcd"),
    "readyz": ("ping", "log", "etcd", "etcd-readiness", "informer-sync"),
}
_OTHERS = (
    "/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/apis/", "/flagz", "/healthz", "/livez", "/metrics", "/metrics/slis",
    "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/openid/v1/jwks", "/readyz", "/statusz", "/version",
)  # fmt: skip


def checks(endpoint: str) -> tuple[str, ...]:
    """Names of the checks behind `healthz`, `livez` or `readyz`, in the order in which they run."""
    hooks = tuple(name if name == "autoregister-completion" else f"poststarthook/{name}" for name in _HOOKS)
    return (*_FIRST[endpoint], *hooks, *(("shutdown",) if endpoint == "readyz" else ()))


def answer(request: Request, path: str) -> Response | None:
    """The answer to a path of health, None for any other one. A check that does not exist is no page."""
    endpoint, _, name = path.strip("/").partition("/")
    if endpoint not in _FIRST:
        return None
    known = checks(endpoint)
    if name:
        return Response(200, b"ok", (_TEXT,)) if name in known else None
    if "verbose" not in request.query:
        return Response(200, b"ok", (_TEXT, _NO_SNIFF))
    excluded = request.query.get("exclude", ())
    lines = [f"[+]{check} excluded: ok" if check in excluded else f"[+]{check} ok" for check in known]
    return Response(200, "\n".join([*lines, f"{endpoint} check passed\n"]).encode(), (_TEXT, _NO_SNIFF))


def paths(group_versions: list[tuple[str, str]]) -> list[str]:
    """What the server lists at `/`: groups, their versions, and its own endpoints."""
    found = {*_OTHERS, *(f"/{endpoint}/{check}" for endpoint in _FIRST for check in checks(endpoint))}
    for group, version in group_versions:
        if group:
            found |= {f"/apis/{group}", f"/apis/{group}/{version}"}
    return sorted(found)
