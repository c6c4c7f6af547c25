"""`helmsim diff`: what an upgrade or a rollback would change, and how two revisions or releases differ.

Without `--three-way` the stored manifest stands against the new one. With it the live object stands against what the server
would make of it (every write as a dry run), and each field that would not stay as it is has its verdict.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

from pytest_helmsim.cli import arguments as args
from pytest_helmsim.cli import operations
from pytest_helmsim.cli.app import Options
from pytest_helmsim.cli.output import document, out
from pytest_helmsim.cli.session import Session
from pytest_helmsim.client.client import Client
from pytest_helmsim.harness.outcome import Outcome, show
from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.release.errors import NoDeployedReleases
from pytest_helmsim.release.model import ObjectChange, Release
from pytest_helmsim.release.options import RollbackOptions, UpgradeOptions
from pytest_helmsim.schema.model import Schema

FORMATS = ("diff", "json")
CHANGED = 2
"""The exit status of `--detailed-exitcode` where something differs."""
_SYSTEM = ("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink")
_SIGNS = {"created": "added", "deleted": "removed"}


class DiffFailed(HelmsimError):
    """A format that is not known."""


def upgrade(arguments: list[str], options: Options) -> int:
    """What `helmsim upgrade` with the same flags would change."""
    name, reference = arguments
    session = _session(options)
    chosen = UpgradeOptions(
        **{**operations.shared(options), "dry_run": "none", "atomic": False},
        **({"server_side": options.server_side} if options.is_helm4 else {}),
        install=options.install,
        reset_values=options.reset_values,
        reuse_values=options.reuse_values,
        reset_then_reuse_values=options.reset_then_reuse_values,
    )
    values = args.values_of(options)
    release, changes = session.engine.preview_upgrade(name, args.load(reference, options), values, chosen)
    if not options.three_way:
        changes = session.engine.compare(_base(session, name), release)
    return _report(session, release, changes)


def rollback(arguments: list[str], options: Options) -> int:
    """What `helmsim rollback` would change."""
    session = _session(options)
    chosen: dict[str, Any] = {}
    if options.is_helm4:
        chosen = {"server_side": options.server_side, "force_conflicts": options.force_conflicts}
    number = _number(arguments[1]) if len(arguments) > 1 else 0
    release, changes = session.engine.preview_rollback(arguments[0], number, RollbackOptions(**chosen))
    if not options.three_way:
        changes = session.engine.compare(session.engine.release(arguments[0]), release)
    return _report(session, release, changes)


def revision(arguments: list[str], options: Options) -> int:
    """One revision against another, or against the last."""
    session = _session(options)
    name, *numbers = arguments
    old = session.engine.release(name, _number(numbers[0]))
    new = session.engine.release(name, _number(numbers[1]) if len(numbers) > 1 else 0)
    return _report(session, new, session.engine.compare(old, new))


def release(arguments: list[str], options: Options) -> int:
    """The last revision of one release against that of another."""
    session = _session(options)
    old, new = (session.engine.release(name) for name in arguments)
    return _report(session, new, session.engine.compare(old, new))


def _session(options: Options) -> Session:
    if options.output not in FORMATS:
        raise DiffFailed(f'invalid argument "{options.output}" for "-o, --output" flag: diff prints {" or ".join(FORMATS)}')
    return Session(options)


def _number(text: str) -> int:
    if not text.isdigit():
        raise DiffFailed(f'could not convert revision to a number: "{text}"')
    return int(text)


def _base(session: Session, name: str) -> Release | None:
    """What an upgrade starts from; nothing where it would install."""
    from pytest_helmsim.release.upgrade import base_of

    try:
        return base_of(session.engine.context(), name)[1]
    except NoDeployedReleases:
        return None


class _Known:
    """Schemas as the session's engine knows them."""

    field_manager = "helm"

    def __init__(self, session: Session) -> None:
        self.client: Client = session.engine.client
        self._context = session.engine.context()

    def schema(self, gvk: GroupVersionKind) -> Schema | None:
        return self._context.builtin_schema(gvk)


def _report(session: Session, release: Release, changes: Sequence[ObjectChange]) -> int:
    options = session.options
    outcome = Outcome.of(release, changes, _Known(session))
    entries = [entry for change in changes if (entry := _entry(change, outcome, options))]
    if options.output == "json":
        document(entries, "json")
    else:
        out("".join(_text(entries)))
    return CHANGED if entries and options.detailed_exitcode else 0


def _entry(change: ObjectChange, outcome: Outcome, options: Options) -> JsonObject | None:
    """One object that would not stay as it is; None for one that would."""
    before, after = _shown(change.live_before), _shown(change.live_after)
    if not options.show_secrets and change.kind == "Secret":
        before, after = _hidden(before, after)
    lines = [] if before == after else list(_lines(before, after, options.context))
    if not lines and change.error is None:
        return None
    three_way = bool(options.get("three_way"))
    fields = [
        {"path": each.path, "verdict": str(each.verdict), "live": show(each.live), "result": show(each.result)}
        for each in outcome[change.key].fields
        if three_way and each.verdict != "unchanged" and change.kind != "Secret" and None not in (change.live_before, change.live_after)
    ]
    word = "failed" if change.error else _SIGNS.get(change.action, "changed")
    return {
        "object": change.key,
        "namespace": change.namespace,
        "apiVersion": change.api_version,
        "change": word,
        **({"error": str(change.error)} if change.error else {}),
        "diff": "".join(lines),
        "fields": fields,
    }


def _text(entries: Sequence[JsonObject]) -> Iterator[str]:
    for entry in entries:
        place = ", ".join(filter(None, (entry["namespace"], entry["object"], entry["apiVersion"])))
        yield f"{place}: {entry['change']}\n"
        if "error" in entry:
            yield f"  ! {entry['error']}\n"
        yield entry["diff"]
        for each in entry["fields"]:
            yield f"  {each['verdict']:<9} {each['path']}: {each['live']} -> {each['result']}\n"
    if entries:
        counts = [f"{sum(entry['change'] == word for entry in entries)} {word}" for word in ("added", "changed", "removed", "failed")]
        yield f"{', '.join(text for text in counts if not text.startswith('0 '))}\n"


def _shown(obj: JsonObject | None) -> JsonObject | None:
    """Without what the server writes for itself."""
    if obj is None:
        return None
    metadata = {key: value for key, value in (obj.get("metadata") or {}).items() if key not in _SYSTEM}
    return {key: metadata if key == "metadata" else value for key, value in obj.items() if key != "status"}


def _hidden(before: JsonObject | None, after: JsonObject | None) -> tuple[JsonObject | None, JsonObject | None]:
    """Values of a Secret by their length; two that differ at one length are told apart by their signs."""
    sides: list[JsonObject | None] = []
    for own, other, sign in ((before, after, "-"), (after, before, "+")):
        if own is None:
            sides.append(None)
            continue
        changed = dict(own)
        for part in ("data", "stringData"):
            values, theirs = own.get(part) or {}, (other or {}).get(part) or {}
            if values:
                changed[part] = {
                    key: f"{'REDACTED' if theirs.get(key) == value else sign * 8} ({len(str(value))} characters)"
                    for key, value in values.items()
                }
        sides.append(changed)
    return sides[0], sides[1]


def _lines(before: JsonObject | None, after: JsonObject | None, context: int) -> Iterator[str]:
    """A unified diff without its head."""
    old, new = (yamlio.dump(side).splitlines(keepends=True) if side is not None else [] for side in (before, after))
    for number, line in enumerate(difflib.unified_diff(old, new, n=context)):
        if number > 1:
            yield line
