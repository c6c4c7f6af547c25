"""What the chart package logs, in the words of each Helm's log on standard error.

Helm 3's log names file and line of its source, Helm 4 writes `level=… msg=… key=value`; what comes from Helm 4's older libraries is a
message without keys.

Source: the calls of `log.Printf` in Helm 3.22.0 and of `slog` in 4.3.1.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

from pytest_helmsim.cli.output import quoted

LOGGER = "pytest_helmsim.chart"
MIGRATE = 'Warning: Dependencies are handled in Chart.yaml since apiVersion "v2". We recommend migrating dependencies to Chart.yaml.'
WORDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    # our format: Helm 3's line, Helm 4's message, its keys (`-` drops a value)
    "Tag '%s' for chart %s returned non-bool value": (
        "dependencies.go:95: Warning: Tag '{0}' for chart {1} returned non-bool value",
        "returned non-bool value",
        ("tag", "chart"),
    ),
    "Condition path '%s' for chart %s returned non-bool value": (
        "dependencies.go:64: Warning: Condition path '{0}' for chart {1} returned non-bool value",
        "returned non-bool value",
        ("path", "chart"),
    ),
    "ImportValues missing table from chart %s: %s": (
        "dependencies.go:270: Warning: ImportValues missing table from chart {0}: {1}",
        "ImportValues missing table from chart",
        ("chart", "error"),
    ),
    "ImportValues missing table: %s": (
        "dependencies.go:287: Warning: ImportValues missing table: {0}",
        "ImportValues missing table",
        ("error",),
    ),
    "missing required value: %s": ("engine.go:206: [INFO] Missing required value: {0}", "missing required value", ("message",)),
    "missing required values: %s": ("engine.go:214: [INFO] Missing required value: {0}", "missing required values", ("message",)),
    "fail: %s": ("engine.go:227: [INFO] Fail: {0}", "funcMap fail", ("message",)),
    "found symbolic link in path: %s resolves to %s": (
        "walk.go:75: found symbolic link in path: {0} resolves to {1}. Contents of linked file included and used",
        "found symbolic link in path. Contents of linked file included and used",
        ("path", "resolved"),
    ),
    "skipping unknown hooks: %s in %s": (
        'manifest_sorter.go:199: info: skipping unknown hook: "{0}"',
        "skipping unknown hooks",
        ("hookTypes", "-"),
    ),
    "dependencies in %s are deprecated since apiVersion v2; use Chart.yaml": (
        f"load.go:120: {MIGRATE}",
        "",
        (),
    ),
}
COALESCING = (
    # how the text starts, line of Helm 3's coalesce.go
    ("warning: skipping globals because destination", 138),
    ("warning: skipping globals because source", 145),
    ("Conflict: cannot merge map onto non-map", 161),
    ("key ", 175),
    ("warning: skipped value for", 237),
    ("warning: cannot overwrite table with non table", 316),
    ("warning: destination for", 319),
)


def line(record: logging.LogRecord, *, is_helm4: bool) -> str:
    """The line for a record; what has no words of Helm's is shown as it is."""
    arguments = record.args if isinstance(record.args, tuple) else ()
    old, new, keys = WORDS.get(str(record.msg), ("", "", ()))
    level = "WARN" if record.levelno >= logging.WARNING else "INFO"
    if is_helm4 and new:
        fields = [f"{key}={quoted(str(value))}" for key, value in zip(keys, arguments, strict=True) if key != "-"]
        return " ".join([f"level={level} msg={quoted(new)}", *fields])
    if old:
        text = old.format(*arguments)
        return f"level=INFO msg={quoted(text.partition(': ')[2])}" if is_helm4 else text
    text = record.getMessage()
    for start, number in COALESCING:
        if text.startswith(start):
            return f"level=INFO msg={quoted(text)}" if is_helm4 else f"coalesce.go:{number}: {text}"
    return f"level={level} msg={quoted(text)}" if is_helm4 else text


class _Handler(logging.Handler):
    def __init__(self, is_helm4: bool) -> None:
        super().__init__(logging.INFO)
        self.is_helm4 = is_helm4

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(line(record, is_helm4=self.is_helm4), err=True)


@contextmanager
def shown(*, is_helm4: bool) -> Iterator[None]:
    """Print log lines while the block runs."""
    logger = logging.getLogger(LOGGER)
    handler, before = _Handler(is_helm4), (logger.level, logger.propagate)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before
