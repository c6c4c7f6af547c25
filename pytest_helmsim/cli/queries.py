"""`history`, `status`, `list`, `get …`: what only reads.

Source: helm.sh/helm/v4 pkg/cmd/{history,status,list,get_*}.go, helm.sh/helm/v3 cmd/helm.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_helmsim.chart import model
from pytest_helmsim.chart import values as chart_values
from pytest_helmsim.cli import resources
from pytest_helmsim.cli.app import Options
from pytest_helmsim.cli.output import asctime, document, go_string, out, status_block
from pytest_helmsim.cli.session import Session
from pytest_helmsim.cli.tables import table
from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.release import codec, times
from pytest_helmsim.release.model import Release
from pytest_helmsim.release.queries import STATE_WORDS, Selection
from pytest_helmsim.template.functions import instants, layouts


def chart_name(release: Release) -> str:
    """`web-1.0.0`; `MISSING` for a record without chart."""
    chart = release.chart_metadata
    return f"{chart.get('name') or ''}-{chart.get('version') or ''}" if chart else "MISSING"


def app_version(release: Release) -> str:
    """The chart's appVersion; `MISSING` for a record without chart."""
    chart = release.chart_metadata
    return (chart.get("appVersion") or "") if chart else "MISSING"


def both_values(session: Session, release: Release) -> tuple[JsonObject | None, JsonObject]:
    """The user's values (None without any), and all values, of a record."""
    chart = model.from_record(release.chart or {})
    chart.values = codec.floats(chart.values)
    return release.config or None, chart_values.coalesce(chart, release.config, flavour=session.flavour)


def history(arguments: list[str], options: Options) -> None:
    """The revisions, oldest first."""
    session = Session(options)
    records = session.engine.history(arguments[0], maximum=options.max)
    with_rollback = options.get("show_rollback_revision", False)
    if options.output != "table":
        document([history_row(each, options.is_helm4) for each in records], options.output)
        return
    header = ["REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION", *(["ROLLBACK"] if with_rollback else []), "DESCRIPTION"]
    rows = [
        [
            str(each.version),
            asctime(each.info.last_deployed),
            each.status,
            chart_name(each),
            app_version(each),
            *([str(each.info.rollback_revision or "")] if with_rollback else []),
            each.info.description,
        ]
        for each in records
    ]
    out(table(header, rows))


def history_row(release: Release, is_helm4: bool) -> codec.Struct:
    """One revision as a document, keys in Helm's order."""
    pairs: list[tuple[str, Any]] = [
        ("revision", release.version),
        ("updated", release.info.last_deployed),
        ("status", release.status),
        ("chart", chart_name(release)),
        ("app_version", app_version(release)),
    ]
    if is_helm4 and release.info.rollback_revision:
        pairs.append(("rollback_revision", release.info.rollback_revision))
    return codec.Struct([*pairs, ("description", release.info.description)])


def status(arguments: list[str], options: Options) -> None:
    """The state of a release, its objects as they are now."""
    session = Session(options)
    release = session.engine.status(arguments[0], options.revision)
    with_resources = options.is_helm4 or options.show_resources
    if options.output != "table":
        found = session.engine.resources(release) if with_resources else None
        document(codec.to_struct(release, session.flavour, chart=False, resources=found), options.output)
        return
    block = status_block(
        release,
        is_helm4=options.is_helm4,
        show_description=options.get("show_desc", False),
        resources=resources.text(session, release) if with_resources else "",
        values=both_values(session, release) if session.debug else None,
        show_manifest=session.debug,
    )
    out("".join(block))


def list_releases(arguments: list[str], options: Options) -> None:
    """Releases by name."""
    session = Session(options)
    words = [word for word in STATE_WORDS if options.get(word)]
    states = frozenset().union(*(STATE_WORDS[word] for word in words)) if words else frozenset()
    selection = Selection(options.filter, states, options.selector, options.date, options.reverse, options.max, options.offset)
    found = session.engine.list(selection, all_namespaces=options.all_namespaces)
    if options.short:
        names = [each.name for each in found]
        if options.output == "table":
            out("".join(f"{name}\n" for name in names))
        else:
            document(names, options.output)
        return
    rows = [list_row(each, options.time_format) for each in found]
    if options.output == "table":
        header = [] if options.no_headers else ["NAME", "NAMESPACE", "REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION"]
        out(table(header, [list(row.values()) for row in rows]))
    else:
        document([codec.Struct(row.items()) for row in rows], options.output)


def list_row(release: Release, time_format: str) -> dict[str, str]:
    """One release as a row; all of it is text, the revision too."""
    return {
        "name": release.name,
        "namespace": release.namespace,
        "revision": str(release.version),
        "updated": moment(release.info.last_deployed, time_format),
        "status": release.status,
        "chart": chart_name(release),
        "app_version": app_version(release),
    }


def moment(text: str, time_format: str) -> str:
    """A time as Go's String has it, or by `--time-format`."""
    if not time_format or not text:
        return go_string(text)
    found = times.parse(text)
    if found is None:
        return "-"
    nanoseconds = int((text.partition(".")[2].rstrip("Z").split("+")[0].split("-")[0] or "0").ljust(9, "0")[:9])
    instant = instants.Instant(int(found.timestamp()), nanoseconds, instants.local_location())
    return layouts.format(instant, time_format)


def get_values(arguments: list[str], options: Options) -> None:
    """The user's values, or all of them."""
    session = Session(options)
    values = session.engine.get_values(arguments[0], options.revision, all_values=options["all"])
    if options.output == "json":
        document(values or None, "json")
        return
    if options.output == "table":
        out("COMPUTED VALUES:\n" if options["all"] else "USER-SUPPLIED VALUES:\n")
    out(yamlio.dump(values or None))


def get_manifest(arguments: list[str], options: Options) -> None:
    """The stored manifest."""
    out(Session(options).engine.get_manifest(arguments[0], options.revision) + "\n")


def get_hooks(arguments: list[str], options: Options) -> None:
    """The stored hooks."""
    for hook in Session(options).engine.get_hooks(arguments[0], options.revision):
        out(f"---\n# Source: {hook.path}\n{hook.manifest}\n")


def get_notes(arguments: list[str], options: Options) -> None:
    """The rendered notes."""
    notes = Session(options).engine.get_notes(arguments[0], options.revision)
    if notes:
        out(f"NOTES:\n{notes}\n")


def get_all(arguments: list[str], options: Options) -> None:
    """The status block with values, hooks and manifest."""
    session = Session(options)
    release = session.engine.release(arguments[0], options.revision)
    if options.template:
        from pytest_helmsim.cli import record_template

        out(record_template.executed(options.template, release, session.flavour))
        return
    block = status_block(
        release,
        is_helm4=options.is_helm4,
        show_metadata=True,
        values=both_values(session, release),
        show_manifest=True,
    )
    out("".join(block))


def get_metadata(arguments: list[str], options: Options) -> None:
    """Chart, versions, dates and labels."""
    session = Session(options)
    found = session.engine.get_metadata(arguments[0], options.revision)
    if options.output != "table":
        method = session.engine.release(arguments[0], options.revision).apply_method
        document(codec.Struct(metadata_document(found, options.is_helm4, method)), options.output)
        return

    def pairs(values: Any) -> str:
        return ",".join(f"{key}={value}" for key, value in sorted(values.items()))

    names = ",".join(sorted(each.get("name") or "" for each in found.dependencies))
    moment = times.parse(found.deployed_at)
    lines = [
        ("NAME", found.name),
        ("CHART", found.chart),
        ("VERSION", found.version),
        ("APP_VERSION", found.app_version),
        ("ANNOTATIONS", pairs(found.annotations)),
        *([("LABELS", pairs(found.labels))] if options.is_helm4 else []),
        ("DEPENDENCIES", names),
        ("NAMESPACE", found.namespace),
        ("REVISION", str(found.revision)),
        ("STATUS", found.status),
        ("DEPLOYED_AT", whole_seconds(found.deployed_at) if moment else ""),
        *([("APPLY_METHOD", found.apply_method)] if options.is_helm4 else []),
    ]
    out("".join(f"{name}: {value}\n" for name, value in lines))


def whole_seconds(text: str) -> str:
    """RFC 3339 without a fraction."""
    head, dot, rest = text.partition(".")
    return head + rest.lstrip("0123456789") if dot else text


def metadata_document(found: Any, is_helm4: bool, method: str) -> Iterator[tuple[str, Any]]:
    """The same as a document: keys in Helm's order, empty ones left out where Helm leaves them out."""
    yield from (("name", found.name), ("chart", found.chart), ("version", found.version), ("appVersion", found.app_version))
    if found.annotations:
        yield "annotations", dict(found.annotations)
    if is_helm4 and found.labels:
        yield "labels", dict(found.labels)
    if found.dependencies:
        yield "dependencies", [codec.Struct(each.items()) for each in found.dependencies]
    yield from (("namespace", found.namespace), ("revision", found.revision), ("status", found.status))
    yield "deployedAt", whole_seconds(found.deployed_at)
    if is_helm4 and method:
        yield "applyMethod", method
