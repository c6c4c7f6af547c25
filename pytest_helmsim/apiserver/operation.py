"""One write on its way through the pipeline: who, what, when, and the warnings that the answer will carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.objects.clock import rfc3339
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import Conflict, Invalid, NotFound, conflict, details, not_found, qualified
from pytest_helmsim.objects.wire import ADMIN, User

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

Validation = Literal["Ignore", "Warn", "Strict"]
CONTROLLER = User("system:kube-controller-manager", ("system:masters", "system:authenticated"))
"""Who the controllers of the cluster are."""


@dataclass(slots=True)
class Operation:
    """A write to one resource. `manager` is already the name that field ownership is booked under."""

    server: ApiServer
    served: Served
    namespace: str
    name: str = ""
    subresource: str = ""
    user: User = ADMIN
    manager: str = ""
    dry_run: bool = False
    validation: Validation = "Warn"
    warnings: list[str] = field(default_factory=list)
    plural: str = ""
    """How messages name the resource; that of the URL."""

    raw: JsonObject | None = None
    """The wanted object as it came out of the request, before defaults: it still has the empty lists and maps that messages show."""

    allocated: list[str] = field(default_factory=list)
    """Cluster IPs that this write took: given back when it fails."""

    def __post_init__(self) -> None:
        if not self.plural:
            self.plural = self.served.plural

    @property
    def now(self) -> str:
        """The present moment as the API writes it."""
        return rfc3339(self.server.clock.now())

    @property
    def qualified(self) -> str:
        """`deployments.apps`."""
        return qualified(self.plural, self.served.group)

    def warn(self, text: str) -> None:
        """Add a warning to the answer; the same text appears once."""
        if text not in self.warnings:
            self.warnings.append(text)

    def not_found(self, name: str = "") -> NotFound:
        """The object of this operation does not exist."""
        return not_found(self.plural, self.served.group, name or self.name)

    def conflict(self, why: str) -> Conflict:
        """The object of this operation is not what the request expects."""
        return conflict(self.plural, self.served.group, self.name, why)

    def must_specify_version(self) -> Invalid:
        """An update without resourceVersion to a kind that insists on one."""
        why = "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
        causes = [{"reason": "FieldValueInvalid", "message": why.partition(": ")[2], "field": "metadata.resourceVersion"}]
        shown = details(name=self.name, group=self.served.group, kind=self.plural)
        return Invalid(f'{self.qualified} "{self.name}" is invalid: {why}', details={**shown, "causes": causes})
