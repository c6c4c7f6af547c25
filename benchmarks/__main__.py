"""Run benchmarks: `python -m benchmarks [NAME …]`; each prints its figures and the ratio to the real program in the same run."""

from __future__ import annotations

import importlib
import sys

NAMES = ("plugin", "loop", "render", "apiserver", "release", "load")


def main() -> None:
    """Run the named benchmarks, or all of them."""
    for name in sys.argv[1:] or NAMES:
        print(f"== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
