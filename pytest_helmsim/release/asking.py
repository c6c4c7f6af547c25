"""What `template` asks of a server: reach it, what it can do, `lookup`, and whether it knows and would adopt the objects.

An install goes the same way before it writes; here the manifest is only printed.
Source: helm.sh/helm/v4 pkg/action/install.go RunWithContext, helm.sh/helm/v3 pkg/action/install.go.
"""

from __future__ import annotations

from dataclasses import dataclass

from pytest_helmsim.chart import model
from pytest_helmsim.chart.capabilities import Capabilities
from pytest_helmsim.chart.render import Lookup
from pytest_helmsim.release import install, rendering
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.options import InstallOptions


@dataclass(frozen=True, slots=True)
class Asking:
    """One server and the options that count there (`take_ownership`, `is_upgrade`, `disable_openapi_validation`, `skip_crds`)."""

    context: Context
    options: InstallOptions

    def begin(self, chart: model.Chart) -> None:
        """Raise `ClusterUnreachable` where nobody answers; say that CRDs of the chart are not there yet."""
        with install.logged(self.context):
            self.context.check_reachable(self.context.rules.install_unreachable)
        if not self.options.skip_crds:
            install.process_crds(self.context, chart, self.options)

    def capabilities(self) -> Capabilities:
        """The server's version, group versions and kinds."""
        return rendering.capabilities(self.context)

    def lookup(self) -> Lookup:
        """The template function."""
        return rendering.lookup(self.context)

    def check(self, manifest: str, name: str) -> None:
        """Raise `BuildFailed` for what the server does not know, `OwnershipConflict` for objects that are somebody else's."""
        install.check_objects(self.context, manifest, name, self.options)
