"""Secrets of type `kubernetes.io/service-account-token`: filled for their ServiceAccount, gone with it.

Source: k8s.io/kubernetes pkg/controller/serviceaccount/tokens_controller.go, pkg/serviceaccount/legacy.go
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import MANAGER, SECRET, SERVICE_ACCOUNT, Key, Keys, Reconciler
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects.json import Json, JsonObject, dumps

APPROXIMATE = (
    "token Secrets: filled and deleted, without `ca.crt` and with a token that opens no door; `kubectl create token` gives one that does",
)
TYPE = "kubernetes.io/service-account-token"
NAME = "kubernetes.io/service-account.name"
UID = "kubernetes.io/service-account.uid"
_CLAIM = "kubernetes.io/serviceaccount"


class Tokens(Reconciler):
    """Writes namespace, token and the account's uid where they are missing; a Secret of an account that is not there is deleted."""

    name, alias = "serviceaccount-token-controller", "serviceaccount-token"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(SECRET): self._tokens, common.kind(SERVICE_ACCOUNT): self._of_account}

    def _tokens(self, event: StoreEvent) -> Iterable[Key]:
        return (common.key_of(event.new),) if event.new.get("type") == TYPE else ()

    def _of_account(self, event: StoreEvent) -> Iterable[Key]:
        if event.type != "DELETED":
            return ()
        name = common.name_of(event.new)
        secrets = self.api.list(SECRET, common.namespace_of(event.new))
        return [common.key_of(each) for each in secrets if each.get("type") == TYPE and common.annotations_of(each).get(NAME) == name]

    def sync(self, key: Key) -> float | None:
        secret = self.api.get(SECRET, key.namespace, key.name)
        if secret is None or secret.get("type") != TYPE or common.is_deleting(secret):
            return None
        notes = common.annotations_of(secret)
        account = self.api.get(SERVICE_ACCOUNT, key.namespace, notes.get(NAME, ""))
        if account is None or notes.get(UID, common.uid_of(account)) != common.uid_of(account):
            self.api.delete(SECRET, key.namespace, key.name)
            return None
        data = secret.get("data") or {}
        full = {
            "namespace": data.get("namespace") or _text(key.namespace.encode()),
            "token": data.get("token") or _text(_token(secret, account)),
        }
        if UID not in notes or any(data.get(each) != value for each, value in full.items()):
            filled = common.with_metadata(secret, annotations={**notes, UID: common.uid_of(account)})
            self.api.update({**filled, "data": {**data, **full}}, manager=MANAGER)
        return None


def _token(secret: JsonObject, account: JsonObject) -> bytes:
    """A token in the form of a signed one; what stands for the signature follows from the Secret's uid."""
    namespace, name = common.namespace_of(account), common.name_of(account)
    claims = {
        "iss": "kubernetes/serviceaccount",
        f"{_CLAIM}/namespace": namespace,
        f"{_CLAIM}/secret.name": common.name_of(secret),
        f"{_CLAIM}/service-account.name": name,
        f"{_CLAIM}/service-account.uid": common.uid_of(account),
        "sub": f"system:serviceaccount:{namespace}:{name}",
    }
    signed = b"".join(hashlib.sha512(f"{part} {common.uid_of(secret)}".encode()).digest() for part in range(4))
    return b".".join(map(_url_safe, (dumps({"alg": "RS256", "kid": "simulated"}), dumps(claims), signed)))


def _url_safe(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _text(data: bytes) -> Json:
    return base64.b64encode(data).decode()
