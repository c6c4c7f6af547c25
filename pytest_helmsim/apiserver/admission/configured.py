"""The policies and webhooks of a cluster, ready to be asked; looked up again after a change to one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.json import JsonObject

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.store import Store

GROUP = "admissionregistration.k8s.io"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy with the bindings that put it to work."""

    obj: JsonObject
    bindings: tuple[JsonObject, ...]

    @property
    def name(self) -> str:
        """Of the policy."""
        return str(self.obj["metadata"]["name"])


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook and the object that declares it."""

    spec: JsonObject
    configuration: str
    index: int

    @property
    def name(self) -> str:
        """`validate.example.com`."""
        return str(self.spec["name"])

    @property
    def key(self) -> tuple[str, int, str]:
        """What tells it apart."""
        return (self.configuration, self.index, self.name)


@dataclass(frozen=True, slots=True)
class Configured:
    """Everything that was declared, in the order in which it is asked; objects of one kind by name."""

    validating: tuple[Policy, ...] = ()
    mutating: tuple[Policy, ...] = ()
    validating_hooks: tuple[Webhook, ...] = ()
    mutating_hooks: tuple[Webhook, ...] = ()


NOTHING = Configured()


def of_store(store: Store) -> Configured:
    """What a store holds; `NOTHING` itself when that is nothing."""
    found = Configured(
        _policies(store, "validating"),
        _policies(store, "mutating"),
        _webhooks(store, "validatingwebhookconfigurations"),
        _webhooks(store, "mutatingwebhookconfigurations"),
    )
    return NOTHING if found == NOTHING else found


def _objects(store: Store, plural: str) -> Iterator[JsonObject]:
    for _, _, record in store.records(StoreKey(GROUP, plural)):
        yield record.obj


def _policies(store: Store, kind: str) -> tuple[Policy, ...]:
    bindings: dict[str, list[JsonObject]] = {}
    for binding in _objects(store, f"{kind}admissionpolicybindings"):
        bindings.setdefault((binding.get("spec") or {}).get("policyName") or "", []).append(binding)
    return tuple(
        Policy(obj, tuple(bindings[obj["metadata"]["name"]]))
        for obj in _objects(store, f"{kind}admissionpolicies")
        if obj["metadata"]["name"] in bindings
    )


def _webhooks(store: Store, plural: str) -> tuple[Webhook, ...]:
    return tuple(
        Webhook(spec, obj["metadata"]["name"], index)
        for obj in _objects(store, plural)
        for index, spec in enumerate(obj.get("webhooks") or ())
    )
