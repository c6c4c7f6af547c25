"""`authorizer` in expressions: whether the user of a request may do something else, too.

Source: k8s.io/apiserver pkg/cel/library/authz.go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_helmsim.apiserver import authorization
from pytest_helmsim.apiserver.authorization import Attributes
from pytest_helmsim.objects.wire import User
from pytest_helmsim.schema.cel.functions import METHODS, overload

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of a check."""

    allowed: bool
    reason: str


class Authorizer(dict[str, Any]):
    """What a user may do; `asked` is the question as far as it was put together. As a map it holds `requestResource`."""

    def __init__(self, server: ApiServer, user: User, asked: Attributes = Attributes("")) -> None:  # noqa: B008 - a constant
        super().__init__()
        self.server, self.user, self.asked = server, user, asked

    def asking(self, **parts: str) -> Authorizer:
        """With more parts of the question."""
        return Authorizer(self.server, self.user, replace(self.asked, **parts))

    def service_account(self, namespace: str, name: str) -> Authorizer:
        """The question about an account."""
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        return Authorizer(self.server, User(f"system:serviceaccount:{namespace}:{name}", groups), self.asked)

    def check(self, verb: str) -> Decision:
        """The answer."""
        why = authorization.why_allowed(self.server, self.user, replace(self.asked, verb=verb))
        return Decision(why is not None, why or "")


def _of(kind: type, holder: Any) -> Any:
    if not isinstance(holder, kind):
        raise overload()
    return holder


def _part(key: str) -> Any:
    return lambda holder, text: _of(Authorizer, holder).asking(**{key: text})


for _name, _key in (("group", "group"), ("path", "path"), ("resource", "plural"), ("subresource", "subresource")):
    METHODS.setdefault(_name, _part(_key))
for _name in ("namespace", "name"):
    METHODS.setdefault(_name, _part(_name))
for _name in ("fieldSelector", "labelSelector"):
    METHODS.setdefault(_name, lambda holder, text: _of(Authorizer, holder))
METHODS.setdefault("serviceAccount", lambda holder, namespace, name: _of(Authorizer, holder).service_account(namespace, name))
METHODS.setdefault("check", lambda holder, verb: _of(Authorizer, holder).check(verb))
METHODS.setdefault("allowed", lambda holder: _of(Decision, holder).allowed)
METHODS.setdefault("reason", lambda holder: _of(Decision, holder).reason)
METHODS.setdefault("errored", lambda holder: False)
METHODS.setdefault("error", lambda holder: "")
