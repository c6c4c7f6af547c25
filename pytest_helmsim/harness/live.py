"""A live object: read fields, and change it behind Helm's back as a named actor would.

Every change is one API request under a field manager: kubectl's own names by default (`kubectl-edit`, `kubectl-set` …), since
who owns a field decides what server-side apply does with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_helmsim.harness.errors import NoSuchObject
from pytest_helmsim.harness.story import Story
from pytest_helmsim.objects.fields import FieldPath
from pytest_helmsim.objects.json import Json, JsonObject, copy
from pytest_helmsim.objects.kinds import Resource
from pytest_helmsim.objects.status import NotFound

if TYPE_CHECKING:
    from pytest_helmsim.client.client import Client

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"

POD_SPEC = {
    "Pod": "spec",
    "CronJob": "spec.jobTemplate.spec.template.spec",
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"), "spec.template.spec"),
}
"""Where a kind keeps its pod spec."""


@dataclass(frozen=True, slots=True)
class LiveObject:
    """A handle: every read asks the cluster, every method changes it there. Raises `NoSuchObject` when it is not there."""

    client: Client
    resource: Resource
    name: str
    namespace: str
    story: Story

    def __str__(self) -> str:
        return f"{self.resource.gvk.kind}/{self.name}"

    @property
    def json(self) -> JsonObject:
        """The whole object as the API gives it, in a copy of your own."""
        try:
            found: JsonObject = copy(self.client.get(self.resource.gvk, self.name, self.namespace))
            return found
        except NotFound as error:
            raise self._missing() from error

    @property
    def exists(self) -> bool:
        """Whether the cluster has it now."""
        try:
            self.client.get(self.resource.gvk, self.name, self.namespace)
        except NotFound:
            return False
        return True

    def __getitem__(self, path: str) -> Json:
        """The value at a field path; raises `FieldNotFound` naming how far the path goes and what is there."""
        return FieldPath.parse(path).read(self.json)

    def get(self, path: str, default: Json = None) -> Json:
        """The value at a field path, or `default` where the object has none."""
        return FieldPath.parse(path).get(self.json, default)

    def __contains__(self, path: str) -> bool:
        missing = object()
        return self.get(path, missing) is not missing

    @property
    def managers(self) -> dict[str, list[str]]:
        """Who owns fields here: manager name to its operations, such as `{"helm": ["Apply"], "kubectl": ["Update scale"]}`."""
        result: dict[str, list[str]] = {}
        for entry in self.json["metadata"].get("managedFields", ()):
            result.setdefault(entry["manager"], []).append(f"{entry['operation']} {entry.get('subresource', '')}".strip())
        return result

    def scale(self, replicas: int, *, manager: str = "kubectl") -> LiveObject:
        """As `kubectl scale` does it: through the subresource `scale`."""
        return self._patch(MERGE, {"spec": {"replicas": replicas}}, manager, f"scale to {replicas}", subresource="scale")

    def inject_container(
        self, name: str, *, image: str, manager: str = "sidecar-injector", init: bool = False, fields: JsonObject | None = None
    ) -> LiveObject:
        """Add a container (`fields`: more of its keys) to the pod template, as an injector that patches workloads does."""
        key = "initContainers" if init else "containers"
        container = {"name": name, "image": image, **(fields or {})}
        return self._patch(STRATEGIC, self._in_pod_spec({key: [container]}), manager, f"inject container {name} ({image})")

    def set_env(self, variables: Mapping[str, str | None], *, container: str | None = None, manager: str = "kubectl-set") -> LiveObject:
        """As `kubectl set env` does it, in every container or the named one; None deletes a variable."""
        env = [{"name": name, "$patch": "delete"} if value is None else {"name": name, "value": value} for name, value in variables.items()]
        pod_spec = FieldPath.parse(self._pod_spec_path()).read(self.json)
        names = [each["name"] for each in pod_spec["containers"] if container in (None, each["name"])]
        if not names:
            there = ", ".join(each["name"] for each in pod_spec["containers"])
            raise NoSuchObject(f"{self} has no container {container!r}; its containers are {there}")
        text = ", ".join(f"{name}-" if value is None else f"{name}={value}" for name, value in variables.items())
        patch = self._in_pod_spec({"containers": [{"name": each, "env": env} for each in names]})
        return self._patch(STRATEGIC, patch, manager, f"set env {text}")

    def set_image(self, container: str, image: str, *, manager: str = "kubectl-set") -> LiveObject:
        """As `kubectl set image` does it."""
        patch = self._in_pod_spec({"containers": [{"name": container, "image": image}]})
        return self._patch(STRATEGIC, patch, manager, f"set image {container}={image}")

    def annotate(self, annotations: Mapping[str, str | None], *, manager: str = "kubectl-annotate") -> LiveObject:
        """As `kubectl annotate --overwrite` does it; None removes."""
        return self._patch(MERGE, {"metadata": {"annotations": dict(annotations)}}, manager, f"annotate {_pairs(annotations)}")

    def label(self, labels: Mapping[str, str | None], *, manager: str = "kubectl-label") -> LiveObject:
        """As `kubectl label --overwrite` does it; None removes."""
        return self._patch(MERGE, {"metadata": {"labels": dict(labels)}}, manager, f"label {_pairs(labels)}")

    def patch(self, patch: Json, *, manager: str = "kubectl-patch", strategic: bool = False, subresource: str = "") -> LiveObject:
        """A list is a JSON patch (RFC 6902), a dict a JSON merge patch (RFC 7386), or a strategic one if asked for."""
        kind = JSON_PATCH if isinstance(patch, list) else STRATEGIC if strategic else MERGE
        return self._patch(kind, patch, manager, f"patch {patch}", subresource=subresource)

    def apply(self, fields: JsonObject, *, manager: str, force: bool = False) -> LiveObject:
        """Server-side apply of `fields` (without apiVersion, kind and metadata.name) by another manager."""
        gvk = self.resource.gvk
        metadata = {**fields.get("metadata", {}), "name": self.name}
        body = {**fields, "apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": metadata}
        return self._patch(APPLY, body, manager, f"apply {fields}", force=force)

    def edit(self, change: Callable[[JsonObject], JsonObject | None], *, manager: str = "kubectl-edit") -> LiveObject:
        """Give the object to `change`, which alters it in place (or returns a new one), and write it back whole."""
        edited = self.json
        edited = change(edited) or edited
        self.client.replace(edited, field_manager=manager)
        self.story.drift(str(self), f"edit by {manager}")
        return self

    def delete(self) -> None:
        """As `kubectl delete` does it."""
        try:
            self.client.delete(self.resource.gvk, self.name, self.namespace)
        except NotFound as error:
            raise self._missing() from error
        self.story.drift(str(self), "delete")

    def _patch(self, content_type: str, patch: Json, manager: str, what: str, *, subresource: str = "", force: bool = False) -> LiveObject:
        try:
            self.client.patch(
                self.resource.gvk,
                self.name,
                patch,
                namespace=self.namespace,
                content_type=content_type,
                field_manager=manager,
                subresource=subresource,
                force=force or None,
            )
        except NotFound as error:
            raise self._missing() from error
        self.story.drift(str(self), f"{what} by {manager}")
        return self

    def _pod_spec_path(self) -> str:
        path = POD_SPEC.get(self.resource.gvk.kind)
        if path is None:
            raise NoSuchObject(f"{self} has no pod template; kinds that have one are {', '.join(sorted(POD_SPEC))}")
        return path

    def _in_pod_spec(self, value: JsonObject) -> JsonObject:
        for key in reversed(self._pod_spec_path().split(".")):
            value = {key: value}
        return value

    def _missing(self) -> NoSuchObject:
        where = f"namespace {self.namespace}" if self.resource.namespaced else "the cluster"
        names = sorted(obj["metadata"]["name"] for obj in self.client.list(self.resource.gvk, self.namespace))
        there = f"it has {', '.join(names)}" if names else f"it has no {self.resource.gvk.kind} at all"
        return NoSuchObject(f"no {self.resource.gvk.kind} {self.name!r} in {where}; {there}")


def _pairs(values: Mapping[str, str | None]) -> str:
    return ", ".join(f"{key}-" if value is None else f"{key}={value}" for key, value in values.items())
