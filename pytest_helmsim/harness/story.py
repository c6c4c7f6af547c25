"""What happened in a test, in order: operations, drift, and what each did. Printed for `--helmsim-explain` and on failure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the story and the lines below it."""

    title: str
    details: tuple[str, ...] = ()


@dataclass(slots=True)
class Story:
    """Steps in the order they happened."""

    steps: list[Step] = field(default_factory=list)

    def tell(self, title: str, details: Iterable[str] = ()) -> None:
        """Add a step."""
        self.steps.append(Step(title, tuple(details)))

    def drift(self, who: str, what: str) -> None:
        """A change behind Helm's back."""
        self.tell(f"drift      {who}: {what}")

    def lines(self) -> Iterator[str]:
        """The story as text."""
        for step in self.steps:
            yield step.title
            yield from (f"    {line}" for line in step.details)
