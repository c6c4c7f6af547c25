"""Indexed Jobs: which pod stands for which index, and sets of indexes as text (`0-2,5`).

Source: k8s.io/kubernetes pkg/controller/job/indexed_job_utils.go
"""

from __future__ import annotations

from collections.abc import Iterable

from pytest_helmsim.apiserver.controllers import common, pods
from pytest_helmsim.objects.json import JsonObject

INDEX = "batch.kubernetes.io/job-completion-index"
FAILURES = "batch.kubernetes.io/job-index-failure-count"
HOSTNAME_LIMIT = 63


def is_indexed(job: JsonObject) -> bool:
    return bool(job["spec"].get("completionMode") == "Indexed")


def index_of(pod: JsonObject) -> int | None:
    """The index in the pod's annotation; None without one."""
    text = common.annotations_of(pod).get(INDEX, "")
    return int(text) if text.isdigit() else None


def parse(text: str) -> set[int]:
    """`0-2,5` is {0, 1, 2, 5}."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def write(numbers: Iterable[int]) -> str:
    """{0, 1, 2, 5} is `0-2,5`; two in a row are `0,1`."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def failures(mine: Iterable[JsonObject]) -> dict[int, int]:
    """How often a pod of each index has failed: the number that its last pod started with, and itself."""
    found: dict[int, int] = {}
    for pod in mine:
        number = index_of(pod)
        if number is not None and (pods.phase(pod) == "Failed" or (common.is_deleting(pod) and pods.phase(pod) != "Succeeded")):
            before = common.annotations_of(pod).get(FAILURES, "0")
            found[number] = max(found.get(number, 0), int(before) + 1)
    return found


def with_index(pod: JsonObject, job: JsonObject, number: int, failed: int) -> JsonObject:
    """The pod of that index: annotation, label, host name, name and the environment variable of each container."""
    metadata, name = pod["metadata"], common.name_of(job)
    annotations = {**(metadata.get("annotations") or {}), INDEX: str(number)}
    if job["spec"].get("backoffLimitPerIndex") is not None:
        annotations[FAILURES] = str(failed)
    labels = {**(metadata.get("labels") or {}), INDEX: str(number)}
    variable = {"name": "JOB_COMPLETION_INDEX", "valueFrom": {"fieldRef": {"fieldPath": f"metadata.labels['{INDEX}']"}}}
    spec = dict(pod["spec"])
    for kind in ("initContainers", "containers"):
        if spec.get(kind):
            spec[kind] = [_with_variable(item, variable) for item in spec[kind]]
    spec["hostname"] = f"{name}-{number}"[:HOSTNAME_LIMIT]
    changed = {**metadata, "annotations": annotations, "labels": labels, "generateName": f"{name}-{number}-"}
    return {**pod, "metadata": changed, "spec": spec}


def _with_variable(container: JsonObject, variable: JsonObject) -> JsonObject:
    present = container.get("env") or []
    if any(item["name"] == variable["name"] for item in present):
        return container
    return {**container, "env": [*present, variable]}
