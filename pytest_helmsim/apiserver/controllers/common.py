"""What every reconciler needs: kinds, parts of objects, owners, conditions, times, integers or percentages.

Objects of the store are never changed: every helper that «sets» returns a new object.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from pytest_helmsim.apiserver.loopback import Api, StoreEvent
from pytest_helmsim.objects import clock as clocks
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.controllers.events import Recorder
    from pytest_helmsim.apiserver.controllers.images import Images
    from pytest_helmsim.apiserver.controllers.index import ObjectIndex

MANAGER = "kube-controller-manager"

POD = GroupVersionKind("", "v1", "Pod")
NODE = GroupVersionKind("", "v1", "Node")
SERVICE = GroupVersionKind("", "v1", "Service")
ENDPOINTS = GroupVersionKind("", "v1", "Endpoints")
EVENT = GroupVersionKind("", "v1", "Event")
NAMESPACE = GroupVersionKind("", "v1", "Namespace")
CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
QUOTA = GroupVersionKind("", "v1", "ResourceQuota")
CLUSTER_ROLE = GroupVersionKind("rbac.authorization.k8s.io", "v1", "ClusterRole")
SERVICE_ACCOUNT = GroupVersionKind("", "v1", "ServiceAccount")
SECRET = GroupVersionKind("", "v1", "Secret")
CLAIM = GroupVersionKind("", "v1", "PersistentVolumeClaim")
VOLUME = GroupVersionKind("", "v1", "PersistentVolume")
DEPLOYMENT = GroupVersionKind("apps", "v1", "Deployment")
REPLICA_SET = GroupVersionKind("apps", "v1", "ReplicaSet")
REPLICATION_CONTROLLER = GroupVersionKind("", "v1", "ReplicationController")
STATEFUL_SET = GroupVersionKind("apps", "v1", "StatefulSet")
DAEMON_SET = GroupVersionKind("apps", "v1", "DaemonSet")
REVISION = GroupVersionKind("apps", "v1", "ControllerRevision")
JOB = GroupVersionKind("batch", "v1", "Job")
CRON_JOB = GroupVersionKind("batch", "v1", "CronJob")
ENDPOINT_SLICE = GroupVersionKind("discovery.k8s.io", "v1", "EndpointSlice")
STORAGE_CLASS = GroupVersionKind("storage.k8s.io", "v1", "StorageClass")
BUDGET = GroupVersionKind("policy", "v1", "PodDisruptionBudget")
AUTOSCALER = GroupVersionKind("autoscaling", "v2", "HorizontalPodAutoscaler")
INGRESS = GroupVersionKind("networking.k8s.io", "v1", "Ingress")
POLICY = GroupVersionKind("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy")
SERVICE_CIDR = GroupVersionKind("networking.k8s.io", "v1", "ServiceCIDR")
DEFINITION = GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")

EVERY_KIND = ("*", "*")
"""In `watches`: changes of all kinds."""


class Key(NamedTuple):
    """An item of a work queue."""

    namespace: str
    name: str


@dataclass(slots=True)
class Settings:
    """What a user of the cluster may choose about its controllers."""

    nodes: int = 1
    node_capacity: Mapping[str, str] = field(default_factory=lambda: {"cpu": "32", "memory": "256Gi", "pods": "1000"})
    load_balancers: bool = True
    """Services of type LoadBalancer and Ingresses get an address, as a cluster with a cloud provider gives one."""
    storage_class: bool = True
    """A default StorageClass is there, as kind brings one; without it, claims that name no class stay pending."""
    metrics: dict[tuple[str, str], int] = field(default_factory=dict)
    """Scripted metrics for autoscalers: (`namespace/name` of the autoscaler, metric name) to the current value or utilisation."""

    def copy(self) -> Settings:
        """For a forked cluster."""
        return replace(self, node_capacity=dict(self.node_capacity), metrics=dict(self.metrics))


@dataclass(frozen=True, slots=True)
class World:
    """What a reconciler works with."""

    api: Api
    events: Recorder
    images: Images
    settings: Settings
    index: ObjectIndex

    def now(self) -> float:
        """The cluster's time."""
        return self.api.clock.now()

    def stamp(self) -> str:
        """The cluster's time as metav1.Time."""
        return clocks.rfc3339(self.now())


Keys = Callable[[StoreEvent], Iterable[Key]]


class Reconciler(ABC):
    """One controller: which changes concern which of its keys, and what to do about one key.

    `name` is the one that `--controllers` knows, `alias` its older short form.
    """

    name: ClassVar[str]
    alias: ClassVar[str] = ""
    memory: ClassVar[tuple[str, ...]] = ()
    counts: ClassVar[bool] = False
    """Its status counts other objects: worked on when those have come to rest."""
    patient: ClassVar[bool] = False
    """It decides by such counts: worked on when they are up to date."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.api = world.api

    @abstractmethod
    def watches(self) -> Mapping[tuple[str, str], Keys]:
        """(group, kind) to the keys that a change of such an object concerns."""

    @abstractmethod
    def sync(self, key: Key) -> float | None:
        """Bring the world closer to what the object says; seconds after which to look again, or None."""

    def initial(self) -> Iterable[Key]:
        """Keys that need a look at the start although no object stands for them."""
        return ()

    def remember(self, other: Reconciler) -> None:
        """Take over what the same reconciler of another cluster keeps in mind: `memory` names dicts whose values never change."""
        for name in self.memory:
            setattr(self, name, dict(getattr(other, name)))

    def forget(self) -> None:
        """Keep nothing in mind: the store was replaced."""
        for name in self.memory:
            getattr(self, name).clear()

    def reconsider(self) -> Iterable[Key]:
        """Keys that a newly scripted image may concern."""
        return ()


def kind(gvk: GroupVersionKind) -> tuple[str, str]:
    """How `watches` names a kind."""
    return gvk.group, gvk.kind


def key_of(obj: JsonObject) -> Key:
    """The object's own key."""
    metadata = obj["metadata"]
    return Key(metadata.get("namespace") or "", metadata["name"])


def itself(event: StoreEvent) -> Iterable[Key]:
    """A change concerns the object itself."""
    return (key_of(event.new),)


def controlled_by(owner: GroupVersionKind) -> Keys:
    """A change concerns the controller of that kind that owns the object, before or after."""

    def keys(event: StoreEvent) -> Iterable[Key]:
        found = []
        for state in (event.old, event.new):
            reference = controller_of(state) if state else None
            if reference and reference["kind"] == owner.kind and reference["apiVersion"].startswith(owner.group):
                found.append(Key(namespace_of(state or {}), reference["name"]))
        return dict.fromkeys(found)

    return keys


def controlled_or_matching(api: Api, owner: GroupVersionKind) -> Keys:
    """As `controlled_by`; an object without controller concerns every owner whose selector matches it, for adoption."""
    by_owner = controlled_by(owner)

    def keys(event: StoreEvent) -> Iterable[Key]:
        found = list(by_owner(event))
        if event.type != "DELETED" and controller_of(event.new) is None:
            labels = labels_of(event.new)
            for candidate in api.list(owner, namespace_of(event.new)):
                if selects(selector_of(candidate), labels):
                    found.append(key_of(candidate))
        return found

    return keys


def name_of(obj: JsonObject) -> str:
    return str(obj["metadata"]["name"])


def namespace_of(obj: JsonObject) -> str:
    return str(obj["metadata"].get("namespace") or "")


def uid_of(obj: JsonObject) -> str:
    return str(obj["metadata"].get("uid") or "")


def labels_of(obj: JsonObject) -> JsonObject:
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: JsonObject) -> JsonObject:
    return obj["metadata"].get("annotations") or {}


def is_deleting(obj: JsonObject) -> bool:
    return bool(obj["metadata"].get("deletionTimestamp"))


def status_of(obj: JsonObject) -> JsonObject:
    return obj.get("status") or {}


def with_metadata(obj: JsonObject, **changes: Json) -> JsonObject:
    """The object with parts of its metadata replaced; None removes a part."""
    metadata = {**obj["metadata"], **changes}
    return {**obj, "metadata": {key: value for key, value in metadata.items() if value is not None}}


def with_spec(obj: JsonObject, **changes: Json) -> JsonObject:
    """The object with parts of its spec replaced."""
    return {**obj, "spec": {**obj["spec"], **changes}}


def controller_of(obj: JsonObject) -> JsonObject | None:
    """The owner reference that is the controller."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            found: JsonObject = reference
            return found
    return None


def is_controlled_by(obj: JsonObject, owner: JsonObject) -> bool:
    reference = controller_of(obj)
    return reference is not None and reference.get("uid") == uid_of(owner)


def controller_reference(owner: JsonObject, gvk: GroupVersionKind) -> JsonObject:
    """What a controller writes into what it makes."""
    return {
        "apiVersion": gvk.api_version,
        "kind": gvk.kind,
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def naming(world: World, owner: JsonObject, gvk: GroupVersionKind) -> list[JsonObject]:
    """The objects of that kind in the owner's namespace that name it as an owner, in key order: found by index, not by a list of all."""
    namespace = namespace_of(owner)
    places = world.index.owned_places(uid_of(owner), gvk)
    found = (world.api.get(gvk, namespace, name) for name in sorted(place.name for place in places if place.namespace == namespace))
    return [obj for obj in found if obj is not None]


def owned(world: World, owner: JsonObject, gvk: GroupVersionKind) -> list[JsonObject]:
    """The objects of that kind whose controller the owner is, in key order."""
    return [obj for obj in naming(world, owner, gvk) if is_controlled_by(obj, owner)]


def candidates(world: World, owner: JsonObject, gvk: GroupVersionKind) -> list[JsonObject]:
    """All objects of that kind that `claim` may find: those that name the owner, and those that its selector matches, in key order."""
    found = {name_of(obj): obj for obj in naming(world, owner, gvk)}
    selector = selector_of(owner)
    if selector is not None:
        found |= {name_of(obj): obj for obj in world.api.list(gvk, namespace_of(owner), selector)}
    return [found[name] for name in sorted(found)]


def claim(api: Api, owner: JsonObject, gvk: GroupVersionKind, candidates: Iterable[JsonObject]) -> list[JsonObject]:
    """The candidates that belong to the owner: its own that still match, plus matching orphans, which it adopts.

    Its own that no longer match are released. Nothing is adopted by an owner that is being deleted.
    Source: k8s.io/kubernetes pkg/controller/controller_ref_manager.go
    """
    selector = selector_of(owner)
    claimed = []
    for candidate in candidates:
        reference = controller_of(candidate)
        matching = selects(selector, labels_of(candidate))
        if reference is not None:
            if reference.get("uid") != uid_of(owner):
                continue
            if matching:
                claimed.append(candidate)
            elif not is_deleting(owner):
                rest = [item for item in candidate["metadata"]["ownerReferences"] if item.get("uid") != uid_of(owner)]
                api.update(with_metadata(candidate, ownerReferences=rest or None), manager=MANAGER)
        elif matching and not is_deleting(owner) and not is_deleting(candidate):
            references = [*(candidate["metadata"].get("ownerReferences") or ()), controller_reference(owner, gvk)]
            claimed.append(api.update(with_metadata(candidate, ownerReferences=references), manager=MANAGER))
    return claimed


def selector_of(owner: JsonObject) -> JsonObject | None:
    """The selector of an owner of pods as a LabelSelector; a ReplicationController's is a plain map of labels."""
    selector: JsonObject | None = (owner.get("spec") or {}).get("selector")
    return {"matchLabels": selector} if selector and owner.get("kind") == REPLICATION_CONTROLLER.kind else selector


def selects(selector: JsonObject | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector matches. None selects nothing, an empty one everything."""
    if selector is None:
        return False
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions") or ():
        key, operator, values = rule["key"], rule["operator"], rule.get("values") or ()
        if operator == "In" and (key not in labels or labels[key] not in values):
            return False
        if operator == "NotIn" and key in labels and labels[key] in values:
            return False
        if operator == "Exists" and key not in labels:
            return False
        if operator == "DoesNotExist" and key in labels:
            return False
    return True


def go_selector(selector: JsonObject | None) -> str:
    """A LabelSelector as Go's generated `String` writes it."""
    if selector is None:
        return "nil"
    labels = "".join(f"{key}: {value}," for key, value in sorted((selector.get("matchLabels") or {}).items()))
    rules = "".join(
        f"LabelSelectorRequirement{{Key:{rule['key']},Operator:{rule['operator']},Values:[{' '.join(rule.get('values') or ())}],}},"
        for rule in selector.get("matchExpressions") or ()
    )
    return f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{rules}}},}}"


def condition(obj_or_status: JsonObject, type_: str) -> JsonObject | None:
    """The condition of that type in a status."""
    for item in obj_or_status.get("conditions") or ():
        if item.get("type") == type_:
            found: JsonObject = item
            return found
    return None


def update_status(api: Api, obj: JsonObject, status: JsonObject, *, manager: str = MANAGER) -> JsonObject:
    """Write the status when it differs; the stored object either way."""
    if status == status_of(obj):
        return obj
    return api.update_status({**obj, "status": status}, manager=manager)


def without_empty(values: JsonObject, *always: str) -> JsonObject:
    """Go's omitempty: zero numbers, empty strings, lists and None leave, except the keys named."""
    return {key: value for key, value in values.items() if key in always or value not in (None, 0, "", [], {}) or value is False}


def seconds(stamp: str | None) -> float | None:
    """metav1.Time or MicroTime as seconds."""
    return datetime.fromisoformat(stamp).timestamp() if stamp else None


def scaled(value: Json, total: int, *, round_up: bool) -> int:
    """An IntOrString of a total: `3` is 3, `"25%"` of 4 is 1.

    Source: k8s.io/apimachinery pkg/util/intstr GetScaledValueFromIntOrPercent
    """
    if isinstance(value, str) and value.endswith("%"):
        exact = int(value[:-1]) * total / 100
        return math.ceil(exact) if round_up else math.floor(exact)
    return int(value)
