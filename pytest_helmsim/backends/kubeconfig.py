"""A cluster that is there already: a kubeconfig file and a context. Each test gets a namespace, removed at the end."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import kubernetes.config
from kubernetes.client import ApiClient
from kubernetes.config.config_exception import ConfigException

from pytest_helmsim.backends.base import FEATURES, BackendError, ClusterCannot, Settings
from pytest_helmsim.client.client import Client
from pytest_helmsim.client.doors import Unreachable
from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError

NAMESPACE = GroupVersionKind("", "v1", "Namespace")
SERVICE_ACCOUNT = GroupVersionKind("", "v1", "ServiceAccount")


@dataclass(frozen=True, slots=True)
class SharedBackend:
    """A namespace of a real cluster."""

    name: str
    client: Client
    clock: RealClock
    namespace: str
    api_client: ApiClient
    server: None = None
    images: None = None


@dataclass(frozen=True, slots=True)
class SharedSource:
    """A real cluster; tests share it, each in a namespace of its own."""

    name: str
    client: Client
    api_client: ApiClient
    keep: bool

    @contextmanager
    def isolate(self, name: str, *, kubernetes: str | None = None, controllers: str | None = None) -> Iterator[SharedBackend]:
        """Make a namespace, wait until pods can start in it, remove it at the end (unless kept)."""
        for feature, asked in (("Kubernetes version by test", kubernetes), ("controllers by name", controllers)):
            if asked:
                raise ClusterCannot(self.name, f"{feature} (asked: {asked})", FEATURES[feature])
        namespace = f"helmsim-{re.sub('[^a-z0-9-]', '-', name)[:40].strip('-')}-{secrets.token_hex(3)}"
        self.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        try:
            yield SharedBackend(self.name, self.client, RealClock(), namespace, self.api_client)
        finally:
            if not self.keep:
                self.client.delete(NAMESPACE, namespace)


def load(file: str, context: str) -> ApiClient:
    """An API client from a kubeconfig; raises `BackendError` naming the file and what is wrong in it."""
    path = file or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    for part in path.split(os.pathsep):
        if part and not Path(part).is_file():
            raise BackendError(f"no kubeconfig at {part}: give --helmsim-kubeconfig=FILE, or set KUBECONFIG")
    try:
        client: ApiClient = kubernetes.config.new_client_from_config(config_file=path, context=context or None)
    except ConfigException as error:
        raise BackendError(f"the kubeconfig {path} cannot be used: {error}") from error
    except Exception as error:  # the loader lets YAML, OS and type errors of the file through as they are
        raise BackendError(f"the kubeconfig {path} cannot be read: {error}") from error
    return client


@contextmanager
def open_source(settings: Settings) -> Iterator[SharedSource]:
    """The cluster of the kubeconfig; asked once, so that an unreachable one is said before the first test."""
    api_client = load(settings.kubeconfig, settings.context)
    client = Client(api_client, RealClock())
    try:
        client.version()
    except (ApiError, Unreachable) as error:
        raise BackendError(f"the cluster of the kubeconfig does not answer: {error}") from error
    yield SharedSource("kubeconfig", client, api_client, settings.keep)
