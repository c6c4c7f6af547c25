"""Entry point of the console script; everything is imported when it is called."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run `helmsim` with the process's arguments.

    Nothing that is imported here will ever be garbage, and a rendering, which is bounded, ends before collecting any is worth its time.
    """
    gc.disable()
    from pytest_helmsim.cli.app import main as run

    gc.freeze()
    if sys.argv[1:2] != ["template"]:
        gc.enable()
    run()


if __name__ == "__main__":
    main()
