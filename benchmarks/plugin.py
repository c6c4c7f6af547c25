"""What the plugin costs a project that does not use it, and what a cluster costs a test that does."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measure import timed

LOAD = """
import time, sys
import pytest, _pytest.config
start = time.perf_counter()
import pytest_helmsim.plugin
print((time.perf_counter() - start) * 1000)
"""


def load_milliseconds() -> float:
    """Importing the plugin in a fresh process in which pytest is loaded already."""
    return float(subprocess.run([sys.executable, "-c", LOAD], check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Print both."""
    figures = sorted(load_milliseconds() for _ in range(11))
    print(f"loading the plugin: {figures[0]:.1f} {figures[5]:.1f} {figures[-1]:.1f} ms (min, median, max of 11)")

    from pytest_helmsim.backends import base

    with base.open_source(base.Settings()) as source:

        def fixture() -> None:
            with source.isolate("benchmark"):
                pass

        print(timed("helmsim_cluster, the first", fixture, 1))
        print(timed("helmsim_cluster, each after it", fixture, 50))


if __name__ == "__main__":
    main()
