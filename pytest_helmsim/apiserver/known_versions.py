"""Kinds that a server has a Go type for and does not serve: bodies in such versions are refused in other words than unheard-of ones.

Source: k8s.io/api */*/register.go of 1.28 to 1.37. What is served (the catalog) stands only here when some other version of Kubernetes
does not serve it.
"""

from __future__ import annotations

from pytest_helmsim.objects.kinds import GroupVersionKind

_REVIEWS = "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"
_ROLES = "ClusterRole ClusterRoleBinding Role RoleBinding"
_FLOWS = "FlowSchema PriorityLevelConfiguration"
_POLICIES = "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"
_MUTATING = "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding"
_DEVICES = "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice"
_PODS = "PodAttachOptions PodExecOptions PodLogOptions PodPortForwardOptions PodProxyOptions"
_ALWAYS = (0, 99)
_TABLE: dict[str, dict[tuple[int, int], str]] = {
    "admission.k8s.io/v1": {_ALWAYS: "AdmissionReview"},
    "admission.k8s.io/v1beta1": {_ALWAYS: "AdmissionReview"},
    "admissionregistration.k8s.io/v1alpha1": {_ALWAYS: _POLICIES, (32, 99): _MUTATING},
    "admissionregistration.k8s.io/v1beta1": {
        _ALWAYS: f"{_POLICIES} MutatingWebhookConfiguration ValidatingWebhookConfiguration",
        (34, 99): _MUTATING,
    },
    "apidiscovery.k8s.io/v2": {(30, 99): "APIGroupDiscovery"},
    "apidiscovery.k8s.io/v2beta1": {_ALWAYS: "APIGroupDiscovery"},
    "apps/v1beta1": {_ALWAYS: "ControllerRevision Deployment DeploymentRollback Scale StatefulSet"},
    "apps/v1beta2": {_ALWAYS: "ControllerRevision DaemonSet Deployment ReplicaSet Scale StatefulSet"},
    "authentication.k8s.io/v1alpha1": {_ALWAYS: "SelfSubjectReview"},
    "authentication.k8s.io/v1beta1": {_ALWAYS: "SelfSubjectReview TokenReview"},
    "authorization.k8s.io/v1beta1": {_ALWAYS: _REVIEWS},
    "autoscaling/v2beta1": {(0, 35): "HorizontalPodAutoscaler"},
    "autoscaling/v2beta2": {(0, 35): "HorizontalPodAutoscaler"},
    "batch/v1beta1": {_ALWAYS: "CronJob"},
    "certificates.k8s.io/v1alpha1": {_ALWAYS: "ClusterTrustBundle"},
    "certificates.k8s.io/v1beta1": {
        _ALWAYS: "CertificateSigningRequest",
        (33, 99): "ClusterTrustBundle",
        (35, 99): "PodCertificateRequest",
    },
    "coordination.k8s.io/v1alpha1": {(31, 31): "LeaseCandidate"},
    "coordination.k8s.io/v1alpha2": {(32, 99): "LeaseCandidate"},
    "coordination.k8s.io/v1beta1": {_ALWAYS: "Lease", (33, 99): "LeaseCandidate"},
    "discovery.k8s.io/v1beta1": {_ALWAYS: "EndpointSlice"},
    "events.k8s.io/v1beta1": {_ALWAYS: "Event"},
    "extensions/v1beta1": {_ALWAYS: "DaemonSet Deployment DeploymentRollback Ingress NetworkPolicy ReplicaSet Scale"},
    "flowcontrol.apiserver.k8s.io/v1alpha1": {(0, 28): _FLOWS},
    "flowcontrol.apiserver.k8s.io/v1beta1": {_ALWAYS: _FLOWS},
    "flowcontrol.apiserver.k8s.io/v1beta2": {_ALWAYS: _FLOWS},
    "flowcontrol.apiserver.k8s.io/v1beta3": {_ALWAYS: _FLOWS},
    "imagepolicy.k8s.io/v1alpha1": {_ALWAYS: "ImageReview"},
    "internal.apiserver.k8s.io/v1alpha1": {_ALWAYS: "StorageVersion"},
    "networking.k8s.io/v1alpha1": {(0, 28): "ClusterCIDR", (0, 33): "IPAddress", (29, 33): "ServiceCIDR"},
    "networking.k8s.io/v1beta1": {_ALWAYS: "Ingress IngressClass", (31, 99): "IPAddress ServiceCIDR"},
    "node.k8s.io/v1alpha1": {_ALWAYS: "RuntimeClass"},
    "node.k8s.io/v1beta1": {_ALWAYS: "RuntimeClass"},
    "policy/v1beta1": {_ALWAYS: "Eviction PodDisruptionBudget", (0, 28): "PodSecurityPolicy"},
    "rbac.authorization.k8s.io/v1alpha1": {_ALWAYS: _ROLES},
    "rbac.authorization.k8s.io/v1beta1": {_ALWAYS: _ROLES},
    "resource.k8s.io/v1alpha2": {(0, 30): "PodSchedulingContext ResourceClaim ResourceClaimTemplate ResourceClass"},
    "resource.k8s.io/v1alpha3": {(31, 33): _DEVICES, (33, 99): "DeviceTaintRule", (36, 99): "ResourcePoolStatusRequest"},
    "resource.k8s.io/v1beta1": {(32, 99): _DEVICES},
    "resource.k8s.io/v1beta2": {(33, 99): _DEVICES, (36, 99): "DeviceTaintRule"},
    "scheduling.k8s.io/v1alpha1": {(0, 35): "PriorityClass", (35, 35): "Workload"},
    "scheduling.k8s.io/v1alpha2": {(36, 36): "PodGroup Workload"},
    "scheduling.k8s.io/v1alpha3": {(37, 99): "CompositePodGroup PodGroup Workload"},
    "scheduling.k8s.io/v1beta1": {_ALWAYS: "PriorityClass", (37, 99): "PodGroup Workload"},
    "storage.k8s.io/v1alpha1": {_ALWAYS: "CSIStorageCapacity VolumeAttachment", (29, 99): "VolumeAttributesClass"},
    "storage.k8s.io/v1beta1": {
        _ALWAYS: "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment",
        (31, 99): "VolumeAttributesClass",
    },
    "storagemigration.k8s.io/v1alpha1": {(30, 34): "StorageVersionMigration"},
    "storagemigration.k8s.io/v1beta1": {(35, 99): "StorageVersionMigration"},
    "v1": {_ALWAYS: f"NodeProxyOptions {_PODS} RangeAllocation SerializedReference ServiceProxyOptions", (0, 36): "PodStatusResult"},
}
_WITHOUT_LISTS = ("Options", "Review", "DeploymentRollback", "Scale", "Eviction", "RangeAllocation", "SerializedReference")


def is_known(gvk: GroupVersionKind, minor: int) -> bool:
    """Whether Kubernetes 1.`minor` has a Go type for the kind or list without serving it."""
    spans = _TABLE.get(gvk.api_version)
    if spans is None:
        return False
    kind = gvk.kind.removesuffix("List")
    if kind != gvk.kind and kind.endswith(_WITHOUT_LISTS):
        return False
    return any(first <= minor <= last and kind in kinds.split() for (first, last), kinds in spans.items())


def is_old_extension(given: GroupVersionKind, expected: GroupVersionKind) -> bool:
    """Definitions and APIServices have servers of their own, which alone know their kinds' first versions."""
    same = given.group == expected.group and given.kind.removesuffix("List") == expected.kind
    return same and given.version == "v1beta1" and expected.kind in ("CustomResourceDefinition", "APIService")
