"""Rules for Events: those of old, and the stricter ones of events.k8s.io.

What was asked for in the core group is let through when it fits its namespace; `Errors.asked` says which version a request named.
Source: k8s.io/kubernetes pkg/apis/core/validation/events.go.
"""

from __future__ import annotations

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import IMMUTABLE, Errors
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update, same

_CORE = "v1"
_LONGEST, _LONGEST_NOTE = 128, 1024
_REFERENCE = ("Kind", "Namespace", "Name", "UID", "APIVersion", "ResourceVersion", "FieldPath")
_SOURCE = ("Component", "Host")
_KEYS = {"UID": "uid", "APIVersion": "apiVersion"}


def check_event(errors: Errors, obj: JsonObject) -> None:
    _check_legacy(errors, obj)
    if errors.asked == _CORE:
        return
    check_metadata(errors, obj, namespaced=True)
    _check_series(errors, obj)
    if not obj.get("eventTime"):
        errors.required("eventTime")
    kind = obj.get("type", "")
    if kind not in ("Normal", "Warning"):
        errors.invalid("type", "", f"has invalid value: {kind}")
    for key in ("firstTimestamp", "lastTimestamp", "count", "source"):
        if obj.get(key):
            errors.invalid(key, "", "needs to be unset")


def check_event_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    _check_legacy(errors, new)
    if errors.asked == _CORE:
        return
    check_metadata_update(errors, new, old)
    if new.get("series") != old.get("series"):
        _check_series(errors, new)
    _check_part(errors, "involvedObject", new, old, _REFERENCE)
    _check_text(errors, "reason", new, old)
    _check_text(errors, "message", new, old)
    _check_part(errors, "source", new, old, _SOURCE)
    for key in ("firstTimestamp", "lastTimestamp"):
        if (new.get(key) or None) != (old.get(key) or None):
            errors.invalid(key, new.get(key), IMMUTABLE)
    if (new.get("count") or 0) != (old.get("count") or 0):
        errors.invalid("count", new.get("count") or 0, IMMUTABLE)
    _check_text(errors, "reason", new, old)
    _check_text(errors, "type", new, old)
    if (new.get("eventTime") or None) != (old.get("eventTime") or None):
        errors.invalid("eventTime", new.get("eventTime"), IMMUTABLE)
    _check_text(errors, "action", new, old)
    _check_part(errors, "related", new, old, _REFERENCE)
    _check_text(errors, "reportingComponent", new, old, shown="reportingController")
    _check_text(errors, "reportingInstance", new, old)


def _check_text(errors: Errors, key: str, new: JsonObject, old: JsonObject, shown: str = "") -> None:
    if (new.get(key) or "") != (old.get(key) or ""):
        errors.invalid(shown or key, new.get(key) or "", IMMUTABLE)


def _check_part(errors: Errors, key: str, new: JsonObject, old: JsonObject, fields: tuple[str, ...]) -> None:
    """A struct that may not change, shown as the server holds it."""
    if same(new.get(key), old.get(key)) and (key != "related" or (new.get(key) is None) == (old.get(key) is None)):
        return
    now = new.get(key)
    if now is None and key != "related":
        now = {}
    shown = None if now is None else {field: now.get(_KEYS.get(field, field[0].lower() + field[1:]), "") for field in fields}
    errors.invalid(key, shown, IMMUTABLE)


def _check_series(errors: Errors, obj: JsonObject) -> None:
    series = obj.get("series")
    if series is None:
        return
    if (series.get("count") or 0) < 2:
        errors.invalid("series.count", "", "should be at least 2")
    if not series.get("lastObservedTime"):
        errors.required("series.lastObservedTime")


def _check_legacy(errors: Errors, obj: JsonObject) -> None:
    """What every event must fulfil: only those with an `eventTime` are looked at closely."""
    space, about = (obj.get("metadata") or {}).get("namespace", ""), (obj.get("involvedObject") or {}).get("namespace", "")
    elsewhere = "does not match event.namespace"
    if not obj.get("eventTime"):
        if (about != space) if about else space not in ("", "default"):
            errors.invalid("involvedObject.namespace", about, elsewhere)
    else:
        if not about and space not in ("default", "kube-system"):
            errors.invalid("involvedObject.namespace", about, elsewhere)
        reporter, path = obj.get("reportingComponent", ""), "reportingComponent" if errors.asked == _CORE else "reportingController"
        if not reporter:
            errors.required(path)
        errors.all_invalid(path, reporter, names.label_key(reporter))
        for key in ("reportingInstance", "action", "reason"):
            value = obj.get(key, "")
            if not value:
                errors.required(key)
            if len(value.encode()) > _LONGEST:
                errors.invalid(key, "", f"can have at most {_LONGEST} characters")
        if len(obj.get("message", "").encode()) > _LONGEST_NOTE:
            errors.invalid("message", "", f"can have at most {_LONGEST_NOTE} characters")
    errors.all_invalid("namespace", space, names.dns_subdomain(space))
