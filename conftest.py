"""Marks of this project's own tests, and where they find their shared helpers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "tests"))


def pytest_configure(config: pytest.Config) -> None:
    """Register our own marks."""
    words = "needs the real programs in the folder HELMSIM_ORACLE; skipped visibly without"
    config.addinivalue_line("markers", f"oracle: {words}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Comparisons with the real programs run only where somebody says where those are."""
    if os.environ.get("HELMSIM_ORACLE"):
        return
    skip = pytest.mark.skip(reason="the real programs are in no folder HELMSIM_ORACLE")
    for item in items:
        if item.get_closest_marker("oracle"):
            item.add_marker(skip)
