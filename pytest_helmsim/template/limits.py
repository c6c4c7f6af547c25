"""Bounds for templates of unknown authors."""

from __future__ import annotations

from typing import Final, NamedTuple

from pytest_helmsim.template.errors import FunctionError

MAX_RESULT = 64 * 1024 * 1024
"""The most characters, bytes or items that one call of a function may give."""


class Limits(NamedTuple):
    """`output`: characters printed by all templates of one execution, nested ones counted again; `steps`: actions, loops' included;
    `depth`: templates within templates (Go's is 100000, which needs a stack that Python has not).
    """

    output: int = 256 * 1024 * 1024
    steps: int = 5_000_000
    depth: int = 2500


STANDARD: Final = Limits()


def check_size(size: int) -> None:
    """Raise `FunctionError` for a result that is larger than any chart needs; call it before the result is built."""
    if size > MAX_RESULT:
        raise FunctionError(f"result of {size} bytes or items is larger than the limit of {MAX_RESULT}")
