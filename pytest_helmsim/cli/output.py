"""What Helm prints of a release: the status block, values, times, documents as JSON or YAML.

Source: helm.sh/helm/v4 pkg/cmd/status.go (statusPrinter), get_all.go, pkg/cli/output; the words of Helm 3 where they differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from pytest_helmsim.objects import gojson, yamlio
from pytest_helmsim.release import times

if TYPE_CHECKING:
    from pytest_helmsim.release.model import Release

ASCTIME = "%a %b %e %H:%M:%S %Y"


def asctime(text: str) -> str:
    """A record's time in Go's ANSIC layout, in its own zone: `Fri Nov 20 12:39:51 2026`."""
    moment = times.parse(text)
    return moment.strftime(ASCTIME) if moment else ""


def go_string(text: str) -> str:
    """A record's time as Go's `Time.String` has it: `2026-11-20 12:40:57.452891205 +0000 UTC`; `-` when zero."""
    moment = times.parse(text)
    if moment is None:
        return "-"
    fraction = ""
    if "." in text:
        digits = text.partition(".")[2]
        fraction = "." + digits[: len(digits) - len(digits.lstrip("0123456789"))]
    offset = moment.strftime("%z")
    zone = "UTC" if offset == "+0000" else datetime.fromtimestamp(moment.timestamp()).astimezone().strftime("%Z")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {offset} {zone}"


def out(text: str) -> None:
    """Text to standard output, as it is."""
    click.echo(text, nl=False)


def document(value: Any, form: str) -> None:
    """A value as `-o json` (one line) or `-o yaml` prints it."""
    if form == "json":
        out(gojson.encode(value) + "\n")
    else:
        out(yamlio.dump(gojson.decode(gojson.encode(value))))


def status_block(
    release: Release,
    *,
    is_helm4: bool,
    show_description: bool = False,
    show_metadata: bool = False,
    resources: str = "",
    values: tuple[Mapping[str, Any] | None, Mapping[str, Any]] | None = None,
    show_manifest: bool = False,
    hide_notes: bool = False,
) -> Iterator[str]:
    """Lines (each with its newline) of the block that install, upgrade, status, test and get all print."""
    info = release.info
    yield f"NAME: {release.name}\n"
    if info.last_deployed:
        yield f"LAST DEPLOYED: {asctime(info.last_deployed)}\n"
    yield f"NAMESPACE: {release.namespace}\nSTATUS: {info.status}\nREVISION: {release.version}\n"
    if show_metadata:
        chart = release.chart_metadata
        yield f"CHART: {chart.get('name', '')}\nVERSION: {chart.get('version', '')}\nAPP_VERSION: {chart.get('appVersion', '')}\n"
    if is_helm4 or show_description:
        yield f"DESCRIPTION: {info.description}\n"
    if resources:
        yield resources
    yield from tests(release)
    if values is not None:
        supplied, computed = values
        text = "null\n" if supplied is None else yamlio.dump(dict(supplied))
        yield f"USER-SUPPLIED VALUES:\n{text}\n"
        yield f"COMPUTED VALUES:\n{yamlio.dump(dict(computed))}\n"
    if show_manifest or info.description.lower() == "dry run complete":
        yield "HOOKS:\n"
        for hook in release.hooks:
            yield f"---\n# Source: {hook.path}\n{hook.manifest}\n"
        yield f"MANIFEST:\n{release.manifest}\n"
    if info.notes and not hide_notes:
        yield f"NOTES:\n{info.notes.strip()}\n"


def tests(release: Release) -> Iterator[str]:
    """The last run of each test hook; nothing for tests that never ran, `None` for a release without tests."""
    hooks = [hook for hook in release.hooks if "test" in hook.events]
    if not hooks:
        yield "TEST SUITE: None\n"
    for hook in hooks:
        run = hook.last_run
        if run.started_at:
            yield f"TEST SUITE:     {hook.name}\nLast Started:   {asctime(run.started_at)}\n"
            yield f"Last Completed: {asctime(run.completed_at)}\nPhase:          {run.phase}\n"


def quoted(text: str) -> str:
    """As Go's slog text handler quotes a value."""
    if text and not re.search(r"[\s\"=\x00-\x1f]", text):
        return text
    from pytest_helmsim.template.quoting import quote

    return quote(text)
