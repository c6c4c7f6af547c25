"""Tests for Helm chart upgrades: what survives, field by field.

Public names are loaded when they are first asked for, so that `import pytest_helmsim` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from pytest_helmsim._version import VERSION as __version__

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.admission.scripted import Allow, Deny, Patch, Unreachable
    from pytest_helmsim.apiserver.controllers.images import CrashLoop, Exit, ImagePullError, NeverReady, Ready
    from pytest_helmsim.chart.errors import ChartError
    from pytest_helmsim.harness.cluster import Cluster
    from pytest_helmsim.harness.live import LiveObject
    from pytest_helmsim.harness.outcome import Outcome
    from pytest_helmsim.harness.releases import Release, Releases
    from pytest_helmsim.objects.errors import HelmsimError, UnsupportedFeature
    from pytest_helmsim.release.engine import Engine
    from pytest_helmsim.release.errors import InstallFailed, ReleaseError, RollbackFailed, UninstallFailed, UpgradeFailed

_HOMES = {
    "Allow": "apiserver.admission.scripted",
    "ChartError": "chart.errors",
    "Cluster": "harness.cluster",
    "CrashLoop": "apiserver.controllers.images",
    "Deny": "apiserver.admission.scripted",
    "Engine": "release.engine",
    "Exit": "apiserver.controllers.images",
    "HelmsimError": "objects.errors",
    "ImagePullError": "apiserver.controllers.images",
    "InstallFailed": "release.errors",
    "LiveObject": "harness.live",
    "NeverReady": "apiserver.controllers.images",
    "Outcome": "harness.outcome",
    "Patch": "apiserver.admission.scripted",
    "Ready": "apiserver.controllers.images",
    "Release": "harness.releases",
    "ReleaseError": "release.errors",
    "Releases": "harness.releases",
    "RollbackFailed": "release.errors",
    "UninstallFailed": "release.errors",
    "Unreachable": "apiserver.admission.scripted",
    "UnsupportedFeature": "objects.errors",
    "UpgradeFailed": "release.errors",
}

__all__ = [
    "Allow",
    "ChartError",
    "Cluster",
    "CrashLoop",
    "Deny",
    "Engine",
    "Exit",
    "HelmsimError",
    "ImagePullError",
    "InstallFailed",
    "LiveObject",
    "NeverReady",
    "Outcome",
    "Patch",
    "Ready",
    "Release",
    "ReleaseError",
    "Releases",
    "RollbackFailed",
    "UninstallFailed",
    "Unreachable",
    "UnsupportedFeature",
    "UpgradeFailed",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
