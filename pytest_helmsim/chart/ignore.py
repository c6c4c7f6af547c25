"""`.helmignore`: which files of a directory are no part of the chart.

Rules are tried in order, the first that matches ignores; a rule with `!` ignores what it does not match.

Source: helm.sh/helm pkg/ignore/rules.go.
"""

from __future__ import annotations

import posixpath
from typing import Final, NamedTuple

from pytest_helmsim.chart import globs
from pytest_helmsim.chart.errors import InvalidChart

FILE_NAME: Final = ".helmignore"
_DEFAULT: Final = "templates/.?*"


class Rule(NamedTuple):
    """One line: a pattern, whether it is for directories only, whether it is turned round, whether it sees the whole path."""

    matches: globs.Matcher
    directories_only: bool
    negated: bool
    whole_path: bool

    def applies(self, path: str) -> bool:
        return self.matches(path if self.whole_path else posixpath.basename(path))


def parse(text: str) -> list[Rule]:
    """The rules of a file's text, with Helm's own rule behind them; InvalidChart for a pattern that Helm refuses."""
    if text.startswith("\ufeff"):
        text = text[1:]
    return [rule for line in (*text.split("\n"), _DEFAULT) if (rule := _parse_line(line)) is not None]


def _parse_line(line: str) -> Rule | None:
    pattern = line.strip()
    if not pattern or pattern.startswith("#"):
        return None
    if "**" in pattern:
        raise InvalidChart("double-star (**) syntax is not supported")
    try:
        globs.shell(pattern)
        negated = pattern.startswith("!")
        pattern = pattern.removeprefix("!")
        directories_only = pattern.endswith("/")
        pattern = pattern.removesuffix("/")
        if pattern.startswith("/"):
            return Rule(globs.shell(pattern[1:]), directories_only, negated, True)
        return Rule(globs.shell(pattern), directories_only, negated, "/" in pattern)
    except ValueError as error:
        raise InvalidChart(str(error)) from error


def is_ignored(rules: list[Rule], path: str, *, is_directory: bool) -> bool:
    """Whether the file or directory at `path` (below the chart, with `/`) is left out."""
    for rule in rules:
        if rule.negated:
            if (rule.directories_only and not is_directory) or not rule.applies(path):
                return True
        elif (is_directory or not rule.directories_only) and rule.applies(path):
            return True
    return False
