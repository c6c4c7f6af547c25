"""Entry point of the console script; everything is imported when it is called."""

from __future__ import annotations


def main() -> None:
    """Run `helmsim` with the process's arguments."""
    from pytest_helmsim.cli.app import main as run

    run()


if __name__ == "__main__":
    main()
