"""`get all --template`: a record as Go's templates see it, with the builtin functions only.

Source: helm.sh/helm/v4 pkg/cmd/{get_all,template}.go (tpl), pkg/release/v1/{release,info,hook}.go, pkg/chart/v2/chart.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pytest_helmsim.chart import model
from pytest_helmsim.chart.scope import ChartObject
from pytest_helmsim.objects.flavour import HELM4, Flavour
from pytest_helmsim.release import times
from pytest_helmsim.release.model import HookRecord, HookRun, Release
from pytest_helmsim.template.environment import Environment
from pytest_helmsim.template.functions import instants
from pytest_helmsim.template.functions.times import Time
from pytest_helmsim.template.values import GoObject, StringList, StringMap

NAME = "_"


def executed(text: str, release: Release, flavour: Flavour) -> str:
    """What the template prints of the record; raise `TemplateError` in Go's words."""
    environment = Environment({}, name=NAME)
    template = environment.add(NAME, text)
    return environment.run(template, {"Release": ReleaseObject(release, flavour)})


class _Struct(GoObject):
    """A struct of Helm's package `release`, which is called `v1` in Helm 4, or a pointer to one."""

    flavour: Flavour = HELM4

    @property
    def type_name(self) -> str:
        return self.GO_TYPE.replace("release.", "v1.") if self.flavour == HELM4 else self.GO_TYPE


class _Pointer(_Struct):
    """A pointer to a struct."""

    KIND: ClassVar[str] = "ptr"


class ReleaseObject(_Pointer):
    """`*release.Release`."""

    GO_TYPE: ClassVar[str] = "*release.Release"

    def __init__(self, release: Release, flavour: Flavour) -> None:
        self.name, self.namespace, self.version = release.name, release.namespace, release.version
        self.flavour, self.config, self.manifest = flavour, release.config, release.manifest
        self.info = InfoObject(release, flavour)
        self.chart = None if release.chart is None else RecordedChart(release.chart)
        self.hooks = [HookObject(hook, flavour) for hook in release.hooks]
        self.labels, self.apply_method = StringMap(release.labels), release.apply_method
        self.fields = {**_FIELDS, "ApplyMethod": "apply_method"} if flavour == HELM4 else _FIELDS  # type: ignore[misc]


_FIELDS: Mapping[str, str] = {
    "Name": "name", "Info": "info", "Chart": "chart", "Config": "config", "Manifest": "manifest", "Hooks": "hooks",
    "Version": "version", "Namespace": "namespace", "Labels": "labels",
}  # fmt: skip


class InfoObject(_Pointer):
    """`*release.Info`."""

    GO_TYPE: ClassVar[str] = "*release.Info"
    fields: ClassVar[Mapping[str, str]] = {
        "FirstDeployed": "first_deployed", "LastDeployed": "last_deployed", "Deleted": "deleted", "Description": "description",
        "Status": "status", "Notes": "notes",
    }  # fmt: skip

    def __init__(self, release: Release, flavour: Flavour) -> None:
        info, self.flavour = release.info, flavour
        self.first_deployed, self.last_deployed, self.deleted = map(moment, (info.first_deployed, info.last_deployed, info.deleted))
        self.description, self.status, self.notes = info.description, str(info.status), info.notes


class HookObject(_Pointer):
    """`*release.Hook`."""

    GO_TYPE: ClassVar[str] = "*release.Hook"
    fields: ClassVar[Mapping[str, str]] = {
        "Name": "name", "Kind": "kind", "Path": "path", "Manifest": "manifest", "Events": "events", "LastRun": "last_run",
        "Weight": "weight", "DeletePolicies": "delete_policies", "OutputLogPolicies": "output_log_policies",
    }  # fmt: skip

    def __init__(self, hook: HookRecord, flavour: Flavour) -> None:
        self.flavour = flavour
        self.name, self.kind, self.path, self.manifest, self.weight = hook.name, hook.kind, hook.path, hook.manifest, hook.weight
        self.events, self.delete_policies = StringList(hook.events), StringList(hook.delete_policies)
        self.output_log_policies, self.last_run = StringList(hook.output_log_policies), RunObject(hook.last_run, flavour)


class RunObject(_Struct):
    """`release.HookExecution`."""

    GO_TYPE: ClassVar[str] = "release.HookExecution"
    fields: ClassVar[Mapping[str, str]] = {"StartedAt": "started_at", "CompletedAt": "completed_at", "Phase": "phase"}

    def __init__(self, run: HookRun, flavour: Flavour) -> None:
        self.flavour = flavour
        self.started_at, self.completed_at, self.phase = moment(run.started_at), moment(run.completed_at), run.phase


class RecordedChart(GoObject):
    """`*chart.Chart`, as far as records hold it."""

    GO_TYPE: ClassVar[str] = "*chart.Chart"
    KIND: ClassVar[str] = "ptr"
    fields: ClassVar[Mapping[str, str]] = {"Metadata": "metadata", "Values": "values", "Templates": "templates", "Files": "files"}

    def __init__(self, record: Mapping[str, Any]) -> None:
        chart = model.from_record(dict(record))
        self.metadata, self.values = ChartObject(chart.metadata, True), chart.values
        self.templates, self.files = list(record.get("templates") or ()), list(record.get("files") or ())


def moment(text: str) -> Time:
    """A record's time; Go's zero time for none."""
    found = times.parse(text)
    if found is None:
        return Time(instants.Instant())
    digits = text.partition(".")[2]
    digits = digits[: len(digits) - len(digits.lstrip("0123456789"))]
    return Time(instants.Instant(int(found.timestamp()), int(digits[:9].ljust(9, "0") or 0), instants.local_location()))
