"""What is special about each kind when it is written: who may create, what a subresource keeps, how long a deleted object lives on.

What an object looks like after its kind's strategy (status, generation, generated labels) is `schema.strategies`; here is what needs
the cluster: allocation, times, deletion. Sources: k8s.io/kubernetes pkg/registry/*/*/strategy.go and storage.go; for custom resources
k8s.io/apiextensions-apiserver pkg/registry/customresource/strategy.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from pytest_helmsim.apiserver import addresses, escalation, services
from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.json import JsonObject, copy
from pytest_helmsim.objects.kinds import Resource
from pytest_helmsim.patch.field_set import FieldSet
from pytest_helmsim.schema import strategies as shapes
from pytest_helmsim.schema.rawness import is_otherwise, overlaid

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation

Collection: TypeAlias = Literal["background", "orphan", "unsupported"]
Paths: TypeAlias = tuple[tuple[str, ...], ...]
_ENDPOINTS = StoreKey("", "endpoints")


class Strategy:
    """The plain case. `new` is private to the write and may be changed; `old` is stored and may not."""

    dependents: Collection = "background"
    warns_of_orphans = False
    """What happens to owned objects when the client does not say."""

    writes_again = False
    """What `stores_otherwise` is written each time it is sent."""

    def __init__(self, resource: Resource) -> None:
        plural = resource.plural
        self.resource = resource
        self.has_status = "status" in resource.subresources
        self.allow_create_on_update = plural in _CREATE_ON_UPDATE
        self.allow_unconditional_update = plural not in _VERSION_REQUIRED
        self.returns_deleted = plural in _RETURNS_DELETED

    def reset_fields(self, subresource: str) -> Paths:
        """Paths that a write at this endpoint cannot set, and so cannot own."""
        if subresource == "status":
            return (("spec",),)
        return (("status",),) if self.has_status and not subresource else ()

    def ignored_fields(self, subresource: str) -> FieldSet | None:
        """Where `reset_fields` cannot say it: everything but what a narrow endpoint writes."""
        return None

    def as_stored(self, op: Operation, obj: JsonObject) -> JsonObject:
        """With what no reader sees: what a change starts from."""
        return obj

    def begin_create(self, op: Operation, new: JsonObject) -> None:
        """Before anything else is prepared: allocate what the cluster gives out."""

    def begin_update(self, op: Operation, new: JsonObject, old: JsonObject) -> None:
        """As `begin_create`, when the object exists."""

    def give_back(self, op: Operation) -> None:
        """The write failed: free what its beginning allocated."""

    def finish_update(self, op: Operation, new: JsonObject, old: JsonObject) -> None:
        """Nothing can fail any more, the object is about to be stored: free what it no longer uses."""

    def after_delete(self, op: Operation, last: JsonObject) -> None:
        """The object is gone: so is what was given to it."""

    def prepare_create(self, op: Operation, new: JsonObject) -> JsonObject:
        """Clear what a client may not set."""
        return shapes.prepare_for_create(op.served.stored, new, uid=new["metadata"]["uid"], now=op.now, version=op.server.version)

    def prepare_update(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        """Keep what a client may not change."""
        return shapes.prepare_for_update(op.served.stored, new, old, version=op.server.version)

    def prepare_status(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        """A write to the subresource `status` keeps the spec."""
        return shapes.prepare_status(op.served.stored, keep(new, old, "spec"), old, version=op.server.version)

    def prepare_part(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        """A write to another subresource of the whole object."""
        return new

    def canonicalize(self, op: Operation, new: JsonObject) -> None:
        """After validation, before the object is stored."""

    def stores_otherwise(self, raw: JsonObject) -> bool:
        """What was sent is stored otherwise than it will read, so that the next update writes."""
        return False

    def forgets_owners(self, new: JsonObject) -> bool:
        """The fields of the object cannot be told apart."""
        return False

    def grace_period(self, obj: JsonObject, requested: int | None) -> int | None:
        """Seconds an object lives on after DELETE; None for kinds that go at once."""
        return None


def keep(new: JsonObject, old: JsonObject, *fields: str) -> JsonObject:
    """`new` with these fields as they are in `old`."""
    for field in fields:
        if field in old:
            new[field] = old[field]
        else:
            new.pop(field, None)
    return new


class Deployment(Strategy):
    """A status write keeps the labels."""

    def reset_fields(self, subresource: str) -> Paths:
        return (("spec",), ("metadata", "labels")) if subresource == "status" else super().reset_fields(subresource)

    def prepare_status(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        keep(new["metadata"], old["metadata"], "labels")
        return super().prepare_status(op, new, old)


class Job(Strategy):
    """Orphans its pods when nothing else is asked for; labels of its own stay as they are."""

    dependents: Collection = "orphan"
    warns_of_orphans = True

    def prepare_create(self, op: Operation, new: JsonObject) -> JsonObject:
        new = super().prepare_create(op, new)
        given = ((op.raw or {}).get("metadata") or {}).get("labels")
        if given:
            new["metadata"]["labels"] = dict(given)
        return new


class LimitRange(Strategy):
    """Without a name it gets its uid's kind of name."""

    def prepare_create(self, op: Operation, new: JsonObject) -> JsonObject:
        if not new["metadata"].get("name"):
            new["metadata"]["name"] = op.server.store.draw_uid()
        return super().prepare_create(op, new)


class Namespace(Strategy):
    """Carries its own name as a label; its finalizers are written at the subresource `finalize` only."""

    def reset_fields(self, subresource: str) -> Paths:
        return {"status": (("spec",),), "finalize": (("status",),)}.get(subresource, (("status",),))

    def canonicalize(self, op: Operation, new: JsonObject) -> None:
        meta = new["metadata"]
        meta["labels"] = {**(meta.get("labels") or {}), "kubernetes.io/metadata.name": meta["name"]}


class DeepEqual(Strategy):
    """Go's values of one part are compared, so that an empty list where none was stored is a new generation."""

    part = "spec"

    def prepare_update(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        sent, schema = (op.raw or {}).get(self.part), (op.served.schema.child(self.part) if op.served.schema is not None else None)
        result = super().prepare_update(op, new, old)
        same = result["metadata"].get("generation") == old["metadata"].get("generation")
        if same and overlaid(new.get(self.part), sent, schema, is_otherwise, inside=True) is not new.get(self.part):
            result["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1
        return result


class Webhooks(DeepEqual):
    """The part is its webhooks."""

    part = "webhooks"

    def prepare_update(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        """A certificate that was sent as no bytes is stored so, and is another value than none."""
        result, record = super().prepare_update(op, new, old), op.server.store.get(op.served.key, op.namespace, op.name)
        if result["metadata"].get("generation") == old["metadata"].get("generation") and record is not None:
            result["metadata"]["generation"] = old["metadata"].get("generation", 0) + (self.stores_otherwise(op.raw or {}) != record.loose)
        return result

    def stores_otherwise(self, raw: JsonObject) -> bool:
        hooks = raw.get("webhooks") or ()
        return any((hook.get("clientConfig") or {}).get("caBundle") == "" for hook in hooks if isinstance(hook, dict))


class StorageDriver(Strategy):
    """Tokens for a driver belong into secrets: one that says nothing about it is warned."""

    def canonicalize(self, op: Operation, new: JsonObject) -> None:
        spec, record = new.get("spec") or {}, op.server.store.get(op.served.key, "", op.name)
        wanted, known = spec.get("tokenRequests"), (record.obj.get("spec") or {}).get("tokenRequests") if record is not None else None
        if wanted and wanted != known and spec.get("serviceAccountTokenInSecrets") is None and op.server.catalog.version.minor >= 35:
            op.warn(
                "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of "
                "tokens in volume attributes"
            )


class PersistentVolume(Strategy):
    """Notes when its phase changed."""

    def prepare_status(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        status, before = dict(new.get("status") or {}), old.get("status") or {}
        changed, key = status.get("phase") != before.get("phase"), "lastPhaseTransitionTime"
        if not changed and key not in status and key in before:
            status[key] = before[key]
        elif changed and status.get(key) in (None, before.get(key)) and op.server.catalog.version.minor >= 29:
            status[key] = op.now
        new["status"] = status
        return keep(new, old, "spec")


class Node(Strategy):
    """Its configuration by a ConfigMap is a feature of the past: only objects that have it keep it."""

    def prepare_create(self, op: Operation, new: JsonObject) -> JsonObject:
        return super().prepare_create(op, _without(_without(new, "spec", "configSource"), "status", "config"))

    def prepare_update(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        known = (old.get("spec") or {}).get("configSource") is not None
        return super().prepare_update(op, new if known else _without(new, "spec", "configSource"), old)

    def prepare_status(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        known = (old.get("status") or {}).get("config") is not None
        return super().prepare_status(op, new if known else _without(new, "status", "config"), old)


def _without(obj: JsonObject, part: str, field: str) -> JsonObject:
    if field not in (obj.get(part) or {}):
        return obj
    return {**obj, part: {key: value for key, value in obj[part].items() if key != field}}


class CertificateRequest(Strategy):
    """Says who asked; afterwards only signers and approvers write to it, each to a part of the status."""

    def reset_fields(self, subresource: str) -> Paths:
        own = {"status": ("status", "conditions"), "approval": ("status", "certificate")}
        return (("spec",), own.get(subresource, ("status",)))

    def prepare_create(self, op: Operation, new: JsonObject) -> JsonObject:
        said = {"username": op.user.name, "uid": op.user.uid, "groups": list(op.user.groups), "extra": None}
        return super().prepare_create(op, {**new, "spec": {**(new.get("spec") or {}), **said}})

    def prepare_update(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        return super().prepare_update(op, keep(new, old, "spec"), old)

    def prepare_status(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        conditions, known = list(_conditions(new)), _conditions(old)
        for kind in ("Approved", "Denied"):
            here, there = ([index for index, entry in enumerate(each) if entry.get("type") == kind] for each in (conditions, known))
            if len(here) == len(there):
                for index, before in zip(here, there, strict=True):
                    conditions[index] = known[before]
        new["status"] = {**(new.get("status") or {}), "conditions": _timed(conditions, known, op.now)}
        return keep(new, old, "spec")

    def prepare_part(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        new["status"] = {**(old.get("status") or {}), "conditions": _timed(_conditions(new), _conditions(old), op.now)}
        return keep(new, old, "spec")


def _conditions(obj: JsonObject) -> list[JsonObject]:
    return (obj.get("status") or {}).get("conditions") or []


def _timed(conditions: list[JsonObject], known: list[JsonObject], now: str) -> list[JsonObject]:
    """Times where none are given: of the last change that of a known condition with the same type and status."""
    result = []
    for entry in conditions:
        filled = {**entry, "lastUpdateTime": entry.get("lastUpdateTime") or now}
        if not filled.get("lastTransitionTime"):
            alike = (e for e in known if (e.get("type"), e.get("status")) == (entry.get("type"), entry.get("status")))
            filled["lastTransitionTime"] = next((e["lastTransitionTime"] for e in alike if e.get("lastTransitionTime")), now)
        result.append(filled)
    return result


class NullBytes(Strategy):
    """A null that was sent for bytes is stored as nothing, and read as no bytes."""

    bytes_field = "binaryData"
    writes_again = True

    def stores_otherwise(self, raw: JsonObject) -> bool:
        sent, text = raw.get(self.bytes_field), raw.get("stringData") or {}
        return isinstance(sent, dict) and any(value is None and key not in text for key, value in sent.items())


class Secret(NullBytes):
    """An update without a type keeps the old one."""

    bytes_field = "data"

    def prepare_update(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        if not new.get("type") and old.get("type"):
            new["type"] = old["type"]
        return super().prepare_update(op, new, old)


class ServiceAccount(Strategy):
    """Of each entry in `secrets` only the name is kept; an entry without one cannot be owned."""

    def forgets_owners(self, new: JsonObject) -> bool:
        return any(not (entry or {}).get("name") for entry in new.get("secrets") or ())

    def prepare_create(self, op: Operation, new: JsonObject) -> JsonObject:
        return super().prepare_create(op, self._names_only(new))

    def prepare_update(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        return super().prepare_update(op, self._names_only(new), old)

    @staticmethod
    def _names_only(new: JsonObject) -> JsonObject:
        if new.get("secrets"):
            new["secrets"] = [{"name": entry["name"]} if entry.get("name") else {} for entry in new["secrets"]]
        return new


class Service(Strategy):
    """Gets cluster IPs and node ports, keeps them, and drops what its type does not use."""

    def begin_create(self, op: Operation, new: JsonObject) -> None:
        services.begin_create(op, new)

    def prepare_create(self, op: Operation, new: JsonObject) -> JsonObject:
        return services.without_traffic_policy(op, super().prepare_create(op, new))

    def as_stored(self, op: Operation, obj: JsonObject) -> JsonObject:
        return services.with_traffic_policy(op.server.store, obj)

    def begin_update(self, op: Operation, new: JsonObject, old: JsonObject) -> None:
        services.begin_update(op, new, old)

    def give_back(self, op: Operation) -> None:
        addresses.release(op, op.allocated)

    def finish_update(self, op: Operation, new: JsonObject, old: JsonObject) -> None:
        if not op.subresource and new["spec"].get("type") == "ExternalName":
            addresses.release(op, addresses.held(old))

    def after_delete(self, op: Operation, last: JsonObject) -> None:
        if op.server.store.get(_ENDPOINTS, op.namespace, op.name):
            op.server.store.remove(_ENDPOINTS, op.namespace, op.name)
        addresses.release(op, addresses.held(last))

    def prepare_update(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        new = super().prepare_update(op, new, old)
        services.drop_type_dependent(new, old)
        return services.without_traffic_policy(op, new)


class AccessRole(Strategy):
    """Gives nobody more than its author has."""

    def begin_create(self, op: Operation, new: JsonObject) -> None:
        escalation.check_role(op, new, None)

    def begin_update(self, op: Operation, new: JsonObject, old: JsonObject) -> None:
        escalation.check_role(op, new, old)


class AccessBinding(Strategy):
    """Binds nobody to more than its author has."""

    def begin_create(self, op: Operation, new: JsonObject) -> None:
        escalation.check_binding(op, new, None)

    def begin_update(self, op: Operation, new: JsonObject, old: JsonObject) -> None:
        escalation.check_binding(op, new, old)


class ReplicationController(Strategy):
    """Leaves its pods alone when it is deleted, unless told otherwise."""

    dependents: Collection = "orphan"


class Event(Strategy):
    """Not followed by the garbage collector."""

    dependents: Collection = "unsupported"


class CustomResourceDefinition(Strategy):
    """A version that begins to be stored is remembered in the status."""

    def reset_fields(self, subresource: str) -> Paths:
        return (("metadata",), ("spec",)) if subresource == "status" else (("status",),)

    def prepare_update(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        new = super().prepare_update(op, new, old)
        status = dict(new.get("status") or {})
        stored = list(status.get("storedVersions") or ())
        first = next((v["name"] for v in new["spec"].get("versions") or () if v.get("storage")), None)
        stored += [first] if first is not None and first not in stored else []
        new["status"] = {**status, "storedVersions": stored}
        return new

    def prepare_status(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        return keep_all_but_status(new, old)


class CustomResource(Strategy):
    """An object of a CustomResourceDefinition: everything outside metadata counts; status is apart when declared so."""

    def __init__(self, resource: Resource) -> None:
        super().__init__(resource)
        self.allow_unconditional_update = self.allow_create_on_update = self.returns_deleted = False

    def reset_fields(self, subresource: str) -> Paths:
        return (("metadata",), ("spec",)) if subresource == "status" else super().reset_fields(subresource)

    def prepare_create(self, op: Operation, new: JsonObject) -> JsonObject:
        if self.has_status:
            new.pop("status", None)
        new["metadata"]["generation"] = 1
        return new

    def prepare_update(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        if self.has_status:
            keep(new, old, "status")
        if {**new, "metadata": 0} != {**old, "metadata": 0}:
            new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1
        return new

    def prepare_status(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        return keep_all_but_status(new, old)


def keep_all_but_status(new: JsonObject, old: JsonObject) -> JsonObject:
    """The old object with the new status and owners."""
    meta = new["metadata"]
    result = {**old, "metadata": copy(old["metadata"])}
    result["metadata"]["managedFields"] = meta.get("managedFields") or []
    result["metadata"]["resourceVersion"] = meta.get("resourceVersion", "")
    return keep(result, new, "status")


_CREATE_ON_UPDATE = frozenset(
    {
        "runtimeclasses", "rolebindings", "clusterrolebindings", "roles", "clusterroles", "leases", "leasecandidates", "limitranges",
        "events", "services", "endpoints",
    }
)  # fmt: skip
_VERSION_REQUIRED = frozenset(
    {
        "clustertrustbundles", "runtimeclasses", "poddisruptionbudgets", "csidrivers", "csistoragecapacities", "volumeattachments",
        "csinodes", "leases", "leasecandidates", "validatingadmissionpolicies", "mutatingadmissionpolicies", "storageversions",
        "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "mutatingadmissionpolicybindings",
        "validatingadmissionpolicybindings", "customresourcedefinitions", "apiservices",
    }
)  # fmt: skip
_RETURNS_DELETED = frozenset(
    {
        "resourceclaimtemplates", "resourceslices", "resourceclaims", "deviceclasses", "devicetaintrules", "csidrivers", "storageclasses",
        "volumeattachments", "csinodes", "volumeattributesclasses", "resourcequotas", "persistentvolumes", "serviceaccounts",
        "persistentvolumeclaims", "namespaces", "pods", "services", "podtemplates",
    }
)  # fmt: skip


_BY_PLURAL: dict[tuple[str, str], type[Strategy]] = {
    ("apps", "deployments"): Deployment,
    ("batch", "jobs"): Job,
    ("", "limitranges"): LimitRange,
    ("", "replicationcontrollers"): ReplicationController,
    ("", "namespaces"): Namespace,
    ("", "persistentvolumes"): PersistentVolume,
    ("networking.k8s.io", "networkpolicies"): DeepEqual,
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"): Webhooks,
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"): Webhooks,
    ("storage.k8s.io", "csidrivers"): StorageDriver,
    ("rbac.authorization.k8s.io", "roles"): AccessRole,
    ("rbac.authorization.k8s.io", "clusterroles"): AccessRole,
    ("rbac.authorization.k8s.io", "rolebindings"): AccessBinding,
    ("rbac.authorization.k8s.io", "clusterrolebindings"): AccessBinding,
    ("", "nodes"): Node,
    ("certificates.k8s.io", "certificatesigningrequests"): CertificateRequest,
    ("", "configmaps"): NullBytes,
    ("", "secrets"): Secret,
    ("", "serviceaccounts"): ServiceAccount,
    ("", "services"): Service,
    ("", "events"): Event,
    ("events.k8s.io", "events"): Event,
    ("apiextensions.k8s.io", "customresourcedefinitions"): CustomResourceDefinition,
}


def for_resource(resource: Resource) -> Strategy:
    """The strategy of a built-in resource."""
    if (resource.gvk.group, resource.plural) == ("", "pods"):
        from pytest_helmsim.apiserver.pods import Pod

        return Pod(resource)
    return _BY_PLURAL.get((resource.gvk.group, resource.plural), Strategy)(resource)
