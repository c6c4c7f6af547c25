"""Marks of this project's own tests, and where they find their shared helpers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "tests"))


def pytest_configure(config: pytest.Config) -> None:
    """Register our own marks."""
    words = "needs the real programs (HELMSIM_ORACLE, else ~/.cache/helmsim-oracle/bin); skipped visibly without"
    config.addinivalue_line("markers", f"oracle: {words}")
