"""Entry point of the console script; everything is imported when it is called."""

from __future__ import annotations

import gc


def main() -> None:
    """Run `helmsim` with the process's arguments; nothing that is imported here will ever be garbage."""
    gc.disable()
    from pytest_helmsim.cli.app import main as run

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
