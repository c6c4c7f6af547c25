"""Tests for Helm chart upgrades: what survives, field by field."""

from pytest_helmsim._version import VERSION as __version__

__all__ = ["__version__"]
