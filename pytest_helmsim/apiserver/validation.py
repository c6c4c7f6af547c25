"""Asks the schema package what is wrong with an object, and answers 422 with all of it."""

from __future__ import annotations

from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.objects.json import JsonObject


def check_create(op: Operation, new: JsonObject) -> None:
    """Raise `Invalid` when the new object breaks a rule of its kind."""


def check_update(op: Operation, new: JsonObject, old: JsonObject) -> None:
    """Raise `Invalid` when the new object, or the change, breaks a rule of its kind."""
