"""Mistakes of a test author: what was asked for and what is there."""

from __future__ import annotations

from pytest_helmsim.objects.errors import HelmsimError


class NoSuchObject(HelmsimError):
    """No object of that kind and name, in the cluster or in the outcome."""


class NoSuchField(HelmsimError):
    """No side of the merge has that field."""


class NoSuchChart(HelmsimError):
    """No chart at that path."""


class BadReference(HelmsimError):
    """Words that name no object or no feature."""
