"""The server's validation: an object in, what is wrong with it out, in the server's words and order.

Objects come in as `defaults.apply` and `strategies.prepare_for_create` (or `_update`) leave them. One table from kind to checks; a kind
without an entry gets the rules of metadata only (`is_modelled` says which). Pure: nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.schema.catalog import DEFAULT, Catalog
from pytest_helmsim.schema.field_errors import Errors, FieldError
from pytest_helmsim.schema.gates import pod_spec
from pytest_helmsim.schema.validate import (
    access,
    certificates,
    claims,
    config,
    csi,
    definitions,
    events,
    flow,
    job_status,
    jobs,
    networking,
    nodes,
    part_statuses,
    pod_updates,
    pods,
    policies,
    registration,
    scaling,
    services,
    statuses,
    storage,
    webhooks,
    workloads,
)
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update

__all__ = [
    "FieldError", "has_status_rules", "is_modelled", "validate_approval", "validate_common_update", "validate_create",
    "validate_pod_part", "validate_status",
    "validate_update",
]  # fmt: skip

Create = Callable[[Errors, JsonObject], None]
Update = Callable[[Errors, JsonObject, JsonObject], None]

_RBAC = "rbac.authorization.k8s.io"
_NETWORK = "networking.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_FLOW = "flowcontrol.apiserver.k8s.io"
_CHECKS: dict[tuple[str, str], tuple[Create, Update]] = {
    ("", "ConfigMap"): (config.check_config_map, config.check_config_map_update),
    ("", "Endpoints"): (services.check_endpoints, services.check_endpoints_update),
    ("", "Event"): (events.check_event, events.check_event_update),
    ("events.k8s.io", "Event"): (events.check_event, events.check_event_update),
    ("", "Node"): (nodes.check_node, nodes.check_node_update),
    ("certificates.k8s.io", "CertificateSigningRequest"): (certificates.check_request, certificates.check_request_update),
    ("", "LimitRange"): (config.check_limit_range, config.check_limit_range_update),
    ("", "Namespace"): (config.check_namespace, config.check_namespace_update),
    ("", "PersistentVolume"): (storage.check_volume, storage.check_volume_update),
    ("", "PersistentVolumeClaim"): (claims.check_claim, claims.check_claim_update),
    ("", "Pod"): (pods.check_pod, pod_updates.check_pod_update),
    ("", "PodTemplate"): (workloads.check_pod_template, workloads.check_pod_template_update),
    ("", "ReplicationController"): (workloads.check_replication_controller, workloads.check_replication_controller_update),
    ("", "ResourceQuota"): (config.check_resource_quota, config.check_resource_quota_update),
    ("", "Secret"): (config.check_secret, config.check_secret_update),
    ("", "Service"): (services.check_service, services.check_service_update),
    ("", "ServiceAccount"): (config.check_service_account, config.check_service_account_update),
    ("apps", "ControllerRevision"): (workloads.check_controller_revision, workloads.check_controller_revision_update),
    ("apps", "DaemonSet"): (workloads.check_daemon_set, workloads.check_daemon_set_update),
    ("apps", "Deployment"): (workloads.check_deployment, workloads.check_deployment_update),
    ("apps", "ReplicaSet"): (workloads.check_replica_set, workloads.check_replica_set_update),
    ("apps", "StatefulSet"): (workloads.check_stateful_set, workloads.check_stateful_set_update),
    ("autoscaling", "HorizontalPodAutoscaler"): (scaling.check_autoscaler, scaling.check_autoscaler_update),
    ("batch", "CronJob"): (jobs.check_cron_job, jobs.check_cron_job_update),
    ("batch", "Job"): (jobs.check_job, jobs.check_job_update),
    ("policy", "PodDisruptionBudget"): (scaling.check_budget_create, scaling.check_budget_update),
    (_NETWORK, "Ingress"): (networking.check_ingress, networking.check_ingress_update),
    (_NETWORK, "IngressClass"): (networking.check_ingress_class, networking.check_ingress_class_update),
    (_NETWORK, "NetworkPolicy"): (networking.check_network_policy, networking.check_network_policy_update),
    ("discovery.k8s.io", "EndpointSlice"): (networking.check_endpoint_slice, networking.check_endpoint_slice_update),
    (_RBAC, "Role"): (access.check_role, access.check_role_update),
    (_RBAC, "ClusterRole"): (access.check_cluster_role, access.check_cluster_role_update),
    (_RBAC, "RoleBinding"): (access.check_role_binding, access.check_role_binding_update),
    (_RBAC, "ClusterRoleBinding"): (access.check_cluster_role_binding, access.check_cluster_role_binding_update),
    ("storage.k8s.io", "StorageClass"): (storage.check_storage_class, storage.check_storage_class_update),
    ("storage.k8s.io", "VolumeAttributesClass"): (storage.check_attributes_class, storage.check_attributes_class_update),
    ("scheduling.k8s.io", "PriorityClass"): (storage.check_priority_class, storage.check_priority_class_update),
    ("coordination.k8s.io", "Lease"): (storage.check_lease, storage.check_lease_update),
    ("node.k8s.io", "RuntimeClass"): (storage.check_runtime_class, storage.check_runtime_class_update),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (definitions.check_definition, definitions.check_definition_update),
    (_ADMISSION, "ValidatingWebhookConfiguration"): (webhooks.check_validating, webhooks.check_validating_update),
    (_ADMISSION, "MutatingWebhookConfiguration"): (webhooks.check_mutating, webhooks.check_mutating_update),
    (_ADMISSION, "ValidatingAdmissionPolicy"): (policies.check_validating, policies.check_validating_update),
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): (policies.check_validating_binding, policies.check_validating_binding_update),
    (_ADMISSION, "MutatingAdmissionPolicy"): (policies.check_mutating, policies.check_mutating_update),
    (_ADMISSION, "MutatingAdmissionPolicyBinding"): (policies.check_mutating_binding, policies.check_mutating_binding_update),
    ("storage.k8s.io", "CSIDriver"): (csi.check_driver, csi.check_driver_update),
    ("storage.k8s.io", "CSINode"): (csi.check_node, csi.check_node_update),
    ("storage.k8s.io", "CSIStorageCapacity"): (csi.check_capacity, csi.check_capacity_update),
    ("storage.k8s.io", "VolumeAttachment"): (csi.check_attachment, csi.check_attachment_update),
    (_FLOW, "FlowSchema"): (flow.check_schema, flow.check_schema_update),
    (_FLOW, "PriorityLevelConfiguration"): (flow.check_level, flow.check_level_update),
    ("apiregistration.k8s.io", "APIService"): (registration.check_service, registration.check_service_update),
    (_NETWORK, "IPAddress"): (registration.check_address, registration.check_address_update),
    (_NETWORK, "ServiceCIDR"): (registration.check_ranges, registration.check_ranges_update),
}


_STATUS_CHECKS: dict[tuple[str, str], Update] = {**statuses.CHECKS, **part_statuses.CHECKS, ("batch", "Job"): job_status.check_job_status}


def is_modelled(gvk: GroupVersionKind) -> bool:
    """Whether the kind has rules of its own here."""
    return (gvk.group, gvk.kind) in _CHECKS


def validate_create(gvk: GroupVersionKind, obj: JsonObject, *, version: str = DEFAULT, asked: str = "") -> list[FieldError]:
    """What a server of this version refuses a new object for; empty for a good one. `asked`: the API version of the request."""
    errors = Errors(Catalog.for_version(version).version.minor, asked=asked or gvk.api_version)
    checks = _CHECKS.get((gvk.group, gvk.kind))
    if checks is not None:
        checks[0](errors, obj)
    else:
        check_metadata(errors, obj, namespaced=_namespaced(gvk, obj, version))
    return list(errors)


def validate_update(
    gvk: GroupVersionKind, new: JsonObject, old: JsonObject, *, version: str = DEFAULT, asked: str = ""
) -> list[FieldError]:
    """What a server of this version refuses a change for, immutable fields included; `asked` as for `validate_create`."""
    errors = _common(gvk, new, old, version)
    errors.asked = asked or gvk.api_version
    checks = _CHECKS.get((gvk.group, gvk.kind))
    if checks is not None:
        checks[1](errors, new, old)
    else:
        check_metadata_update(errors, new, old)
    return list(errors)


def has_status_rules(gvk: GroupVersionKind) -> bool:
    """Whether the status of the kind has rules of its own here."""
    return (gvk.group, gvk.kind) in _STATUS_CHECKS


def validate_status(gvk: GroupVersionKind, new: JsonObject, old: JsonObject, *, version: str = DEFAULT) -> list[FieldError]:
    """What a server of this version refuses a write to the status for."""
    errors = _common(gvk, new, old, version)
    _STATUS_CHECKS[gvk.group, gvk.kind](errors, new, old)
    return list(errors)


def validate_common_update(gvk: GroupVersionKind, new: JsonObject, old: JsonObject, *, version: str = DEFAULT) -> list[FieldError]:
    """What any write to a stored object is refused for, whatever its kind."""
    return list(_common(gvk, new, old, version))


def validate_pod_part(part: str, new: JsonObject, old: JsonObject, *, version: str = DEFAULT) -> list[FieldError]:
    """As `validate_update`, of a pod's subresources `ephemeralcontainers` and `resize`."""
    errors = _common(GroupVersionKind("", "v1", "Pod"), new, old, version)
    check = pod_updates.check_resize if part == "resize" else pod_updates.check_ephemeral_update
    found = Errors(errors.minor, errors.pod_before)
    check(found, new, old)
    return [*errors, *found]


def validate_approval(gvk: GroupVersionKind, new: JsonObject, old: JsonObject, *, version: str = DEFAULT) -> list[FieldError]:
    """As `validate_update`, of the subresource `approval`."""
    errors = _common(gvk, new, old, version)
    certificates.check_request_approval(errors, new, old)
    return list(errors)


def _common(gvk: GroupVersionKind, new: JsonObject, old: JsonObject, version: str) -> Errors:
    """What the server looks at before any update, whatever the kind: each complaint becomes a cause once more."""
    errors = Errors(Catalog.for_version(version).version.minor, pod_spec(gvk, old))
    check_metadata(errors, new, namespaced=_namespaced(gvk, new, version), name_rule=names.path_segment, standard=False)
    check_metadata_update(errors, new, old, standard=False)
    return errors


def _namespaced(gvk: GroupVersionKind, obj: JsonObject, version: str) -> bool:
    resource = Catalog.for_version(version).resource(gvk)
    return resource.namespaced if resource is not None else bool((obj.get("metadata") or {}).get("namespace"))
