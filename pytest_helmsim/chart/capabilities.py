"""What templates may ask about the cluster: its version, its API versions, and Helm's own version.

`Capabilities.default(flavour)` is the client's knowledge without a cluster; `.with_kube_version("1.30")` is `--kube-version`.

Source: helm.sh/helm pkg/chartutil/capabilities.go ([3]), pkg/chart/common/capabilities.go ([4]), internal/version.
"""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from pytest_helmsim.chart.errors import ValuesError
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour

DEFAULT_KUBE_VERSION: Final = "v1.37.0"
HELM_VERSIONS: Final[dict[str, str]] = {HELM3: "v3.22.0", HELM4: "v4.3.1"}
GO_VERSION: Final = "go1.26.8"

DEFAULT_API_VERSIONS: Final[tuple[str, ...]] = (
    "v1", "admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1alpha1", "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1", "apps/v1", "apps/v1beta1", "apps/v1beta2", "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1", "authentication.k8s.io/v1beta1", "authorization.k8s.io/v1", "authorization.k8s.io/v1beta1",
    "autoscaling/v1", "autoscaling/v2", "batch/v1", "batch/v1beta1", "certificates.k8s.io/v1", "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1", "coordination.k8s.io/v1alpha2", "coordination.k8s.io/v1beta1", "coordination.k8s.io/v1",
    "discovery.k8s.io/v1", "discovery.k8s.io/v1beta1", "events.k8s.io/v1", "events.k8s.io/v1beta1", "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1", "flowcontrol.apiserver.k8s.io/v1beta1", "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3", "lifecycle.k8s.io/v1alpha1", "networking.k8s.io/v1", "networking.k8s.io/v1beta1",
    "node.k8s.io/v1", "node.k8s.io/v1alpha1", "node.k8s.io/v1beta1", "policy/v1", "policy/v1beta1", "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1alpha1", "resource.k8s.io/v1", "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1", "resource.k8s.io/v1alpha3", "scheduling.k8s.io/v1alpha3", "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1", "storage.k8s.io/v1beta1", "storage.k8s.io/v1", "storage.k8s.io/v1alpha1", "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1", "apiextensions.k8s.io/v1beta1", "apiextensions.k8s.io/v1",
)  # fmt: skip

_GENERIC = re.compile(r"\s*v?([0-9]+(?:\.[0-9]+)*).*")


class KubeVersion(NamedTuple):
    """`version` is what was given (with `v`), `normal` what constraints are checked against and what is printed."""

    version: str
    normal: str
    major: str
    minor: str

    @classmethod
    def parse(cls, text: str, flavour: Flavour) -> KubeVersion:
        """`1.30`, `v1.30.2`, `v1.30.2-gke.100`; [3] drops the suffix everywhere. ValuesError for text that is no version."""
        match = _GENERIC.fullmatch(text)
        quoted = json.dumps(text)
        if match is None:
            raise ValuesError(f"invalid kube version '{text}': could not parse {quoted} as version")
        parts = match[1].split(".")
        if len(parts) < 2:
            raise ValuesError(f"invalid kube version '{text}': illegal version string {quoted}")
        if parts[0].startswith("0") and parts[0] != "0":
            raise ValuesError(f"invalid kube version '{text}': illegal zero-prefixed version component \"{parts[0]}\" in {quoted}")
        if any(int(part) >= 1 << 64 for part in parts):
            raise ValuesError(f"invalid kube version '{text}': illegal non-numeric version component in {quoted}")
        parts = [str(int(part)) for part in parts]
        normal = "v" + ".".join(parts)
        given = text if text.startswith("v") else f"v{text}"
        return cls(normal if flavour == HELM3 else given, normal, parts[0], parts[1])


class Capabilities(NamedTuple):
    """A cluster as templates see it."""

    kube_version: KubeVersion
    api_versions: tuple[str, ...]
    flavour: Flavour = HELM4

    @classmethod
    def default(cls, flavour: Flavour = HELM4) -> Capabilities:
        """What is known without a cluster."""
        return cls(KubeVersion.parse(DEFAULT_KUBE_VERSION, flavour), DEFAULT_API_VERSIONS, flavour)

    def with_kube_version(self, text: str) -> Capabilities:
        """As with `--kube-version`."""
        return self._replace(kube_version=KubeVersion.parse(text, self.flavour))

    def with_api_versions(self, *more: str) -> Capabilities:
        """As with `--api-versions`: added to the list."""
        return self._replace(api_versions=(*self.api_versions, *more))
