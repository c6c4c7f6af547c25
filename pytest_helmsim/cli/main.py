"""Entry point of the console script; everything is imported when it is called."""

from __future__ import annotations

import gc
import os
import sys

SIGPIPE_STATUS = 141


def main() -> None:
    """Run `helmsim` with the process's arguments.

    Nothing that is imported here will ever be garbage, and a rendering, which is bounded, ends before collecting any is worth its time;
    nor is what it made taken apart at the end, which would take a fifth of the whole time. A reader that goes away ends the process
    as it ends Helm's, without a word.
    """
    gc.disable()
    from pytest_helmsim.cli.app import run

    gc.freeze()
    renders = sys.argv[1:2] == ["template"]
    if not renders:
        gc.enable()
    try:
        status = run(sys.argv[1:])
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        os._exit(SIGPIPE_STATUS)
    if renders:
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    main()
