"""The plugin ServiceAccount: pods get an account, its token and its pull secrets, and may be kept to the secrets it names.

Source: k8s.io/kubernetes plugin/pkg/admission/serviceaccount/admission.go, pkg/api/pod/util.go (VisitPodSecretNames).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.admission.refusals import forbidden
from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.json import Json, JsonObject, copy
from pytest_helmsim.objects.status import ApiError

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation

ENFORCE = "kubernetes.io/enforce-mountable-secrets"
_PODS = StoreKey("", "pods")
_ACCOUNTS = StoreKey("", "serviceaccounts")
_MIRROR = "kubernetes.io/config.mirror"
_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_VOLUME = "kube-api-access-"
_TRUE = ("1", "t", "T", "true", "TRUE", "True")


def admit(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """Fill in what the account gives, and refuse what it does not allow."""
    if op.served.key != _PODS:
        return
    if op.subresource == "ephemeralcontainers" and old is not None:
        _check_ephemeral(op, new)
    if op.subresource or old is not None:
        return
    op.name = op.name or (new.get("metadata") or {}).get("name") or ""
    spec = new["spec"]
    if _MIRROR in (new["metadata"].get("annotations") or {}):
        _check_mirror(op, spec)
        return
    spec["serviceAccountName"] = spec["serviceAccount"] = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    account = _account(op, new)
    if spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True)):
        _mount(op, spec)
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = copy(account["imagePullSecrets"])
    if _is_strict(account):
        for why in _unknown_secrets(spec, account):
            raise _refusal(op, new, why)


def _account(op: Operation, pod: JsonObject) -> JsonObject:
    name = pod["spec"]["serviceAccountName"]
    record = op.server.store.get(_ACCOUNTS, op.namespace, name)
    if record is None:
        raise _refusal(op, pod, f'error looking up service account {op.namespace}/{name}: serviceaccount "{name}" not found')
    return record.obj


def _refusal(op: Operation, pod: JsonObject, why: str) -> ApiError:
    op.name = op.name or pod["metadata"].get("generateName") or "Unknown"
    return forbidden(op, why)


def _is_strict(account: JsonObject) -> bool:
    return (account["metadata"].get("annotations") or {}).get(ENFORCE) in _TRUE


def _check_mirror(op: Operation, spec: JsonObject) -> None:
    """The pod of a kubelet's own file has no account, and nothing that only the API server could give it."""
    if spec.get("serviceAccountName") or spec.get("serviceAccount"):
        raise forbidden(op, "a mirror pod may not reference service accounts")
    if any(_references(spec, "name")) or any(_references(spec.get("volumes") or [], "secretName")):
        raise forbidden(op, "a mirror pod may not reference secrets")
    for volume in spec.get("volumes") or ():
        if any(source.get("serviceAccountToken") is not None for source in (volume.get("projected") or {}).get("sources") or ()):
            raise forbidden(op, "a mirror pod may not use ServiceAccountToken volume projections")


_REFERENCES = ("secretRef", "secretKeyRef", "nodePublishSecretRef", "imagePullSecrets", "secret")


def _references(value: Json, key: str, *, secret: bool = False) -> Iterator[str]:
    """Names of secrets anywhere in a part of a pod."""
    if isinstance(value, list):
        for item in value:
            yield from _references(item, key, secret=secret)
    elif isinstance(value, dict):
        if secret and value.get(key):
            yield value[key]
        for name, item in value.items():
            yield from _references(item, key, secret=name in _REFERENCES)


def _mount(op: Operation, spec: JsonObject) -> None:
    """The token where no container has something else in its place."""
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    missing = [each for each in containers if all(mount.get("mountPath") != _PATH for mount in each.get("volumeMounts") or ())]
    if not missing:
        return
    name = next((volume["name"] for volume in spec.get("volumes") or () if volume.get("name", "").startswith(_VOLUME)), "")
    if not name:
        name = _VOLUME + "".join("bcdfghjklmnpqrstvwxz2456789"[byte % 27] for byte in op.server.store.draw("token")[:5])
        sources = [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
        ]
        spec.setdefault("volumes", []).append({"name": name, "projected": {"sources": sources, "defaultMode": 420}})
    for container in missing:
        container.setdefault("volumeMounts", []).append({"name": name, "readOnly": True, "mountPath": _PATH})


def _unknown_secrets(spec: JsonObject, account: JsonObject) -> Iterator[str]:
    """What a strict account keeps a pod from."""
    name = account["metadata"]["name"]
    known = {each.get("name") for each in account.get("secrets") or ()}
    not_named = f"is not allowed because service account {name} does not reference that"
    for volume in spec.get("volumes") or ():
        secret = (volume.get("secret") or {}).get("secretName", "")
        if volume.get("secret") is not None and secret not in known:
            yield f'volume with secret.secretName="{secret}" {not_named} secret'
    for group, word in (("initContainers", "init container"), ("containers", "container")):
        for container in spec.get(group) or ():
            yield from _unknown_in(container, word, known, f"{not_named} secret")
    pulled = {each.get("name") for each in account.get("imagePullSecrets") or ()}
    for index, each in enumerate(spec.get("imagePullSecrets") or ()):
        if each.get("name") not in pulled:
            yield f'imagePullSecrets[{index}].name="{each.get("name", "")}" {not_named} imagePullSecret'


def _unknown_in(container: JsonObject, word: str, known: set[str | None], not_named: str) -> Iterator[str]:
    for variable in container.get("env") or ():
        reference = (variable.get("valueFrom") or {}).get("secretKeyRef")
        if reference is not None and reference.get("name") not in known:
            where = f"{word} {container['name']} with envVar {variable['name']}"
            yield f'{where} referencing secret.secretName="{reference.get("name", "")}" {not_named}'
    for source in container.get("envFrom") or ():
        reference = source.get("secretRef")
        if reference is not None and reference.get("name") not in known:
            yield f'{word} {container["name"]} with envFrom referencing secret.secretName="{reference.get("name", "")}" {not_named}'


def _check_ephemeral(op: Operation, pod: JsonObject) -> None:
    """The same for containers that are added later; this refusal is no Status of its own."""
    if not pod["spec"].get("serviceAccountName"):
        raise forbidden(op, f"no service account specified for pod {op.namespace}/{op.name}")
    account = _account(op, pod)
    if not _is_strict(account):
        return
    known = {each.get("name") for each in account.get("secrets") or ()}
    not_named = f"is not allowed because service account {account['metadata']['name']} does not reference that secret"
    for container in pod["spec"].get("ephemeralContainers") or ():
        for why in _unknown_in(container, "ephemeral container", known, not_named):
            raise ApiError(why, code=500)
