"""How admission says no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_helmsim.objects.status import Cause, Forbidden, InternalError, details, qualified

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation


def forbidden(op: Operation, why: str, causes: tuple[Cause, ...] = ()) -> Forbidden:
    """`pods "x" is forbidden: …`, without quotes around an empty name."""
    kind = op.plural
    message = f'{qualified(kind, op.served.group)} "{op.name}" is forbidden: {why}'
    return Forbidden(message, details=details(name=op.name, group=op.served.group, kind=kind, causes=causes))


def pass_on(op: Operation, warning: str) -> None:
    """Put a warning on the answer that somebody else has worded; one with control characters gets lost."""
    if warning.isprintable():
        op.warn(warning)


def internal(message: str) -> InternalError:
    """`Internal error occurred: …`, with the cause."""
    return InternalError(f"Internal error occurred: {message}", details={"causes": [{"message": message}]})
