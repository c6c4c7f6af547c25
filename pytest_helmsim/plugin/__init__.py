"""The pytest plugin: options, marks, fixtures, explanations. One feature, one module; nothing heavy until a test asks."""

from pytest_helmsim.plugin.fixtures import (
    cluster,
    helmsim_cluster,
    helmsim_release,
    helmsim_releases,
    helmsim_session,
    release,
    releases,
)
from pytest_helmsim.plugin.options import pytest_addoption, pytest_configure

__all__ = [
    "cluster",
    "helmsim_cluster",
    "helmsim_release",
    "helmsim_releases",
    "helmsim_session",
    "pytest_addoption",
    "pytest_configure",
    "release",
    "releases",
]
