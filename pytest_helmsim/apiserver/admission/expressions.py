"""Expressions of policies and match conditions: what they may ask of a write, and what becomes of their errors.

Source: k8s.io/apiserver pkg/admission/plugin/cel/{activation,condition,composition}.go, pkg/admission/plugin/webhook/matchconditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_helmsim.apiserver.admission.authorizer import Authorizer
from pytest_helmsim.apiserver.admission.builtin import NAMESPACES
from pytest_helmsim.apiserver.admission.declarations import Declared, program
from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.cel.parser import CelSyntaxError
from pytest_helmsim.schema.cel.program import CostExceeded
from pytest_helmsim.schema.cel.values import CelError, timestamp

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.admission.attributes import Attributes
    from pytest_helmsim.apiserver.registry import Served


class ExpressionError(Exception):
    """An expression that came to no value; the words of the real server."""


class NotJudged(Exception):
    """An expression that we cannot evaluate: what depends on it is accepted with a note."""


class Variables(dict[str, Any]):
    """`variables.name`: worked out when first asked for, and then kept."""

    def __init__(self, declared: Declared, names: Mapping[str, Any]) -> None:
        super().__init__()
        self._declared = declared
        self._positions = {name: index for index, (name, _) in enumerate(declared)}
        self._names = {**names, "variables": self}

    def __contains__(self, name: object) -> bool:
        return name in self._positions

    def __getitem__(self, name: str) -> Any:
        if not super().__contains__(name):
            index = self._positions[name]
            found = evaluated(self._declared[index][1], self._declared[:index], self._names)
            if isinstance(found, CelError):
                raise CelError(f'composited variable "{name}" fails to evaluate: {found}')
            self[name] = found
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401 - this is what it would call


def evaluated(text: str, declared: Declared, names: Mapping[str, Any], *, patches: bool = False) -> Any:
    """The value of an expression, or the error it came to; raise `NotJudged`."""
    try:
        return program(text, declared, patches=patches).run(names)[0]
    except CostExceeded as error:
        return CelError(str(error))
    except (CelSyntaxError, UnsupportedFeature) as error:
        raise NotJudged(f"{text}: {error}") from error


@dataclass(slots=True)
class Scope:
    """The names that expressions of one policy or webhook know during one write."""

    names: dict[str, Any]
    declared: Declared = ()

    def value(self, text: str, *, patches: bool = False) -> Any:
        """The value; raise `ExpressionError` or `NotJudged`. With `patches` the text may make objects."""
        found = evaluated(text, self.declared, self.names, patches=patches)
        if isinstance(found, CelError):
            raise ExpressionError(f"expression '{text}' resulted in error: {found}")
        return found

    def without_namespace(self) -> Scope:
        """As match conditions see it: they are not told of the namespace."""
        return Scope({**self.names, "namespaceObject": None}, self.declared)


def scope(attributes: Attributes, served: Served, *, params: Json = None, variables: Iterable[JsonObject] = ()) -> Scope:
    """Everything that a policy may ask about."""
    op = attributes.op
    authorizer = Authorizer(op.server, op.user)
    authorizer["requestResource"] = authorizer.asking(
        group=op.served.group, plural=op.plural, namespace=attributes.namespace, name=attributes.name, subresource=op.subresource
    )
    names: dict[str, Any] = {
        "object": attributes.object(served),
        "oldObject": attributes.old_object(served),
        "request": {"uid": "", **attributes.request(served)},
        "params": params,
        "namespaceObject": _namespace_object(attributes),
        "authorizer": authorizer,
    }
    declared = tuple((each["name"], each["expression"]) for each in variables)
    names["authorizer.requestResource"] = authorizer["requestResource"]
    names["variables"] = Variables(declared, names)
    return Scope(names, declared)


def _namespace_object(attributes: Attributes) -> JsonObject | None:
    op = attributes.op
    if op.served.key == NAMESPACES or not op.namespace:
        return None
    record = op.server.store.get(NAMESPACES, "", op.namespace)
    if record is None:
        return None
    meta = {key: value for key, value in record.obj["metadata"].items() if key not in ("managedFields", "ownerReferences")}
    meta |= {key: timestamp(meta[key]) for key in ("creationTimestamp", "deletionTimestamp") if meta.get(key)}
    return {"metadata": meta, "spec": record.obj.get("spec") or {}, "status": record.obj.get("status") or {}}


def conditions_hold(known: Scope, conditions: Iterable[JsonObject], failure: str) -> bool:
    """Whether all conditions are true; one that is false decides. Errors are raised, or with `Ignore` count as false."""
    errors = []
    for condition in conditions:
        try:
            if known.value(condition["expression"]) is False:
                return False
        except ExpressionError as error:
            errors.append(str(error))
    if errors and failure != "Ignore":
        raise ExpressionError(errors[0] if len(errors) == 1 else f"[{', '.join(dict.fromkeys(errors))}]")
    return not errors
