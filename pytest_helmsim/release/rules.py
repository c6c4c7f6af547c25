"""What Helm 3.22 and Helm 4.3 do differently, as data: one value of `Rules` each, and no `if` elsewhere.

Source: helm.sh/helm/v3 and helm.sh/helm/v4, pkg/action and pkg/kube.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour


def _multierror(errors: Sequence[str]) -> str:
    """hashicorp/go-multierror's list."""
    head = "1 error occurred:" if len(errors) == 1 else f"{len(errors)} errors occurred:"
    return "\n".join([head, *(f"\t* {error}" for error in errors), "", ""])


@dataclass(frozen=True, slots=True)
class Rules:
    """One Helm's ways and words."""

    flavour: Flavour
    user_agent: str
    join: Callable[[Sequence[str]], str]
    """Errors of a batch (creation, hook waits) as one text."""
    unreachable: str
    install_unreachable: str
    name_check: str
    name_in_use: str
    hide_secret: str
    dependencies_failed: str
    unable_to_continue: str
    atomic: str
    """The option's name in `release X failed, and has been rolled back due to …`."""
    server_side: bool
    """Server-side apply exists, and records say which method was used."""
    strict_replace: bool
    deletion_must_succeed: bool
    """An upgrade fails when an object that left the chart cannot be deleted."""
    verify_before_delete: bool
    """Uninstall looks at every object and leaves those that are not the release's."""
    skip_generated_names: bool
    rollback_revision: bool
    cleanup_keeps_cause: bool
    """The failed clean-up of a rollback names the error before it."""
    offline_dry_run: bool
    """A client dry run of install uses no cluster at all."""
    tests_deleted_last: bool
    """`test` deletes hooks by their policies only after it has shown results and logs."""
    list_pending: bool
    """`list` without a state shows every state, not deployed and failed only."""
    field_manager: str = "helm"


RULES: dict[Flavour, Rules] = {
    HELM3: Rules(
        flavour=HELM3,
        user_agent="Helm/3.22.0",
        join=_multierror,
        unreachable="Kubernetes cluster unreachable",
        install_unreachable="",
        name_check="",
        name_in_use="cannot re-use a name that is still in use",
        hide_secret="Hiding Kubernetes secrets requires a dry-run mode",
        dependencies_failed="chart dependencies processing failed",
        unable_to_continue="Unable to continue with ",
        atomic="atomic",
        server_side=False,
        strict_replace=False,
        deletion_must_succeed=False,
        verify_before_delete=False,
        skip_generated_names=False,
        rollback_revision=False,
        cleanup_keeps_cause=True,
        offline_dry_run=False,
        tests_deleted_last=False,
        list_pending=False,
    ),
    HELM4: Rules(
        flavour=HELM4,
        user_agent="Helm/4.3.1",
        join="\n".join,
        unreachable="kubernetes cluster unreachable",
        install_unreachable="cluster reachability check failed: ",
        name_check="release name check failed: ",
        name_in_use="cannot reuse a name that is still in use",
        hide_secret="hiding Kubernetes secrets requires a dry-run mode",
        dependencies_failed="chart dependencies processing failed",
        unable_to_continue="unable to continue with ",
        atomic="rollback-on-failure",
        server_side=True,
        strict_replace=True,
        deletion_must_succeed=True,
        verify_before_delete=True,
        skip_generated_names=True,
        rollback_revision=True,
        cleanup_keeps_cause=False,
        offline_dry_run=True,
        tests_deleted_last=True,
        list_pending=True,
    ),
}
