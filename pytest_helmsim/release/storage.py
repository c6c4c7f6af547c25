"""Where records are kept: Secrets, ConfigMaps, memory; and the questions that operations ask of them.

The label algorithm is Helm's to the letter: a record read by query carries all labels of its object, one read by key
only the custom ones, and an update writes whatever the record carries. So `modifiedAt` of the first revision is handed
down through upgrades, and `createdAt` lives until the first update.
Source: helm.sh/helm/v4 pkg/storage/driver/{secrets,cfgmaps,memory}.go.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import Clock
from pytest_helmsim.objects.flavour import Flavour
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind, Resource
from pytest_helmsim.objects.status import AlreadyExists, ApiError, NotFound
from pytest_helmsim.release import codec
from pytest_helmsim.release.errors import InvalidOption, ReleaseExists, ReleaseNotFound, StorageFailed
from pytest_helmsim.release.model import SYSTEM_LABELS, Release

SECRETS = Resource(GroupVersionKind("", "v1", "Secret"), "secrets", True)
CONFIG_MAPS = Resource(GroupVersionKind("", "v1", "ConfigMap"), "configmaps", True)
DRIVER_NAMES = {
    "": "secret",
    "secret": "secret",
    "secrets": "secret",
    "configmap": "configmap",
    "configmaps": "configmap",
    "memory": "memory",
}

_LABEL = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_LABEL_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def key(name: str, version: int) -> str:
    """`sh.helm.release.v1.web.v3`."""
    return f"sh.helm.release.v1.{name}.v{version}"


class Driver(Protocol):
    """One way to keep records."""

    def get(self, name: str, version: int) -> Release:
        """By key; raise `ReleaseNotFound`."""

    def query(self, labels: Mapping[str, str]) -> list[Release]:
        """All that carry these labels, in the order of their keys; raise `ReleaseNotFound` when there is none."""

    def list_all(self) -> list[Release]:
        """All records."""

    def create(self, release: Release) -> None:
        """Raise `ReleaseExists` when the key is taken."""

    def update(self, release: Release) -> None:
        """Write over the record of the same key."""

    def delete(self, name: str, version: int) -> None:
        """Raise `ReleaseNotFound` when there is none."""


def open_driver(name: str, client: Client, namespace: str, clock: Clock, flavour: Flavour, memory: Memory | None = None) -> Driver:
    """By the values of HELM_DRIVER; `memory` is the store that a memory driver works on. Raise `InvalidOption` for others."""
    kind = DRIVER_NAMES.get(name)
    if kind is None:
        raise InvalidOption(f'unknown driver "{name}"')
    if kind == "memory":
        return MemoryDriver(memory or Memory(), namespace, clock, flavour)
    return ObjectDriver(client, SECRETS if kind == "secret" else CONFIG_MAPS, namespace, clock, flavour)


def labels_of(release: Release, stamp: str, clock: Clock) -> dict[str, str]:
    """The labels that a write of `release` puts on its object; `stamp` is createdAt or modifiedAt."""
    return {
        **release.labels,
        stamp: str(int(clock.now())),
        **release.labels,
        "name": release.name,
        "owner": "helm",
        "status": release.info.status,
        "version": str(release.version),
    }


def custom_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Without the system's."""
    return {name: value for name, value in labels.items() if name not in SYSTEM_LABELS}


def check_query(labels: Mapping[str, str]) -> None:
    """Raise `StorageFailed` for a value that no label can have."""
    for value in labels.values():
        problems = [] if len(value) <= 63 else ["must be no more than 63 bytes"]
        if not _LABEL.fullmatch(value):
            problems.append(_LABEL_RULE)
        if problems:
            raise StorageFailed(f'invalid label value: "{value}": {"; ".join(problems)}')


@dataclass(slots=True)
class ObjectDriver:
    """Secrets or ConfigMaps of one namespace (all namespaces without one)."""

    client: Client
    resource: Resource
    namespace: str
    clock: Clock
    flavour: Flavour

    def get(self, name: str, version: int) -> Release:
        return self._read(key(name, version))

    def _read(self, object_name: str) -> Release:
        try:
            found = self.client.get(self.resource, object_name, self.namespace)
        except NotFound as error:
            raise ReleaseNotFound from error
        except ApiError as error:
            raise StorageFailed(f'get: failed to get "{object_name}": {error}') from error
        try:
            release = self._decode(found)
        except StorageFailed as error:
            raise StorageFailed(f'get: failed to decode data "{object_name}": {error}') from error
        return replace(release, labels=custom_labels(found["metadata"].get("labels") or {}))

    def query(self, labels: Mapping[str, str]) -> list[Release]:
        check_query(labels)
        try:
            found = self.client.list(self.resource, self.namespace, label_selector=_selector(labels))
        except ApiError as error:
            raise StorageFailed(f"query: failed to query with labels: {error}") from error
        if not found:
            raise ReleaseNotFound
        return self._decode_all(found)

    def list_all(self) -> list[Release]:
        try:
            found = self.client.list(self.resource, self.namespace, label_selector="owner=helm")
        except ApiError as error:
            raise StorageFailed(f"list: failed to list: {error}") from error
        return self._decode_all(found)

    def create(self, release: Release) -> None:
        try:
            self.client.create(self._object(release, "createdAt"), self.namespace, resource=self.resource)
        except AlreadyExists as error:
            raise ReleaseExists from error
        except ApiError as error:
            raise StorageFailed(f"create: failed to create: {error}") from error

    def update(self, release: Release) -> None:
        try:
            self.client.replace(self._object(release, "modifiedAt"), self.namespace, resource=self.resource)
        except ApiError as error:
            raise StorageFailed(f"update: failed to update: {error}") from error

    def delete(self, name: str, version: int) -> None:
        self._read(key(name, version))
        try:
            self.client.delete(self.resource, key(name, version), self.namespace)
        except ApiError as error:
            raise StorageFailed(str(error)) from error

    def _object(self, release: Release, stamp: str) -> JsonObject:
        text = codec.encode(release, self.flavour)
        metadata = {"name": key(release.name, release.version), "labels": labels_of(release, stamp, self.clock)}
        body: JsonObject = {"apiVersion": "v1", "kind": self.resource.gvk.kind, "metadata": metadata}
        if self.resource is SECRETS:
            return {**body, "type": "helm.sh/release.v1", "data": {"release": base64.b64encode(text.encode()).decode()}}
        return {**body, "data": {"release": text}}

    def _decode(self, found: JsonObject) -> Release:
        text = (found.get("data") or {}).get("release") or ""
        if self.resource is SECRETS:
            try:
                text = base64.b64decode(text).decode("ascii")
            except ValueError as error:
                raise StorageFailed(str(error)) from error
        return codec.decode(text)

    def _decode_all(self, found: list[JsonObject]) -> list[Release]:
        """What cannot be decoded is passed over, as Helm does it."""
        result = []
        for item in found:
            try:
                release = self._decode(item)
            except StorageFailed:
                continue
            result.append(replace(release, labels=item["metadata"].get("labels") or {}))
        return result


def _selector(labels: Mapping[str, str]) -> str:
    return ",".join(f"{name}={labels[name]}" for name in sorted(labels))


class Memory:
    """The store of memory drivers: records by namespace and key, each with the labels of its last write."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, tuple[Release, dict[str, str]]]] = {}


@dataclass(slots=True)
class MemoryDriver:
    """Records of this process."""

    memory: Memory
    namespace: str
    clock: Clock
    flavour: Flavour

    def get(self, name: str, version: int) -> Release:
        found = self._records(self.namespace).get(_memory_key(name, version))
        if found is None:
            raise ReleaseNotFound
        return found[0]

    def query(self, labels: Mapping[str, str]) -> list[Release]:
        found = [release for release, own in self._all() if labels.items() <= own.items()]
        if not found:
            raise ReleaseNotFound
        return found

    def list_all(self) -> list[Release]:
        return [release for release, own in self._all() if own.get("owner") == "helm"]

    def create(self, release: Release) -> None:
        records = self._records(release.namespace)
        if _memory_key(release.name, release.version) in records:
            raise ReleaseExists
        self._write(release, "createdAt")

    def update(self, release: Release) -> None:
        if _memory_key(release.name, release.version) not in self._records(release.namespace):
            raise ReleaseNotFound
        self._write(release, "modifiedAt")

    def delete(self, name: str, version: int) -> None:
        self.get(name, version)
        del self._records(self.namespace)[_memory_key(name, version)]

    def _write(self, release: Release, stamp: str) -> None:
        records = self._records(release.namespace)
        records[_memory_key(release.name, release.version)] = (release, labels_of(release, stamp, self.clock))

    def _records(self, namespace: str) -> dict[str, tuple[Release, dict[str, str]]]:
        return self.memory.records.setdefault(namespace or "default", {})

    def _all(self) -> list[tuple[Release, dict[str, str]]]:
        places = [self.namespace] if self.namespace else sorted(self.memory.records)
        return [pair for place in places for _, pair in sorted(self._records(place).items())]


def _memory_key(name: str, version: int) -> str:
    if ".v" in name:
        raise StorageFailed("release: invalid key")
    return key(name, version)
