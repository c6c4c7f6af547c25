"""A real kind cluster through the package pytest-kind, which only this module knows.

Kept apart from pytest-kind's own choices: our kind and kubectl programs (it would download old ones), our node image, an
absolute kubeconfig path (its own is relative to the folder of the run), and waiting until pods can really start.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_helmsim.backends.base import BackendError, Settings
from pytest_helmsim.backends.kubeconfig import SERVICE_ACCOUNT, SharedSource, load
from pytest_helmsim.client.client import Client
from pytest_helmsim.client.doors import Unreachable
from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError

if TYPE_CHECKING:
    from pytest_kind.cluster import KindCluster

NODE = GroupVersionKind("", "v1", "Node")
DEPLOYMENT = GroupVersionKind("apps", "v1", "Deployment")
READY_SECONDS = 180


def program(name: str, given: str, option: str) -> Path:
    """An absolute path of a program; raises `BackendError` when it is nowhere."""
    found = given if given and os.access(given, os.X_OK) else None if given else shutil.which(name)
    if found is None:
        where = f"{given} is no program" if given else f"no {name} on PATH"
        raise BackendError(f"the cluster `kind` needs {name}: {where}; install it or give --helmsim-{option}=FILE")
    return Path(found).resolve()


def cluster_class() -> type[KindCluster]:
    """pytest-kind's class; raises `BackendError` when the extra is not installed."""
    try:
        from pytest_kind.cluster import KindCluster
    except ImportError as error:
        raise BackendError("the cluster `kind` needs the package pytest-kind: pip install 'pytest-helmsim[kind]'") from error
    return KindCluster  # type: ignore[no-any-return]


@contextmanager
def open_source(settings: Settings) -> Iterator[SharedSource]:
    """Start the kind cluster (or use the one of that name), wait until it works, remove what was made here."""
    kind = program("kind", settings.kind_bin, "kind-bin")
    kubectl = program("kubectl", settings.kind_kubectl_bin, "kind-kubectl-bin")
    cls = cluster_class()
    there = exists(kind, settings.kind_name)
    folder = Path(tempfile.mkdtemp(prefix="helmsim-kind-"))
    kubeconfig = folder / "kubeconfig"
    cluster = make(cls, settings, kubeconfig, kind, kubectl)
    try:
        try:
            cluster.create()
            if there:
                kubeconfig.write_text(run(kind, "get", "kubeconfig", f"--name={settings.kind_name}"))
        except subprocess.CalledProcessError as error:
            raise BackendError(f"kind could not create the cluster {settings.kind_name}: {error}; its own words are above") from error
        api_client = load(str(kubeconfig), "")
        client = Client(api_client, RealClock())
        wait_ready(client)
        yield SharedSource("kind", client, api_client, settings.keep)
    finally:
        if not there and not settings.keep:
            cluster.delete()
        if not settings.keep:
            shutil.rmtree(folder, ignore_errors=True)


def make(cls: type[KindCluster], settings: Settings, kubeconfig: Path, kind: Path, kubectl: Path) -> KindCluster:
    """pytest-kind makes a folder `.pytest-kind` where it is called: let that be ours."""
    before = Path.cwd()
    os.chdir(kubeconfig.parent)
    try:
        return cls(settings.kind_name, kubeconfig, image=settings.kind_image or None, kind_path=kind, kubectl_path=kubectl)
    finally:
        os.chdir(before)


def run(program: Path, *arguments: str) -> str:
    """Standard output; raises `BackendError` with standard error."""
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackendError(f"{program.name} {' '.join(arguments)} failed: {done.stderr.strip()}")
    return done.stdout


def exists(kind: Path, name: str) -> bool:
    """Whether kind has a cluster of that name already."""
    return name in run(kind, "get", "clusters").split()


def wait_ready(client: Client) -> None:
    """Until a node is Ready, the ServiceAccount `default` is there and DNS has its replicas: kind returns before that."""
    clock = client.clock
    deadline = clock.now() + READY_SECONDS
    missing = "an answer"
    while clock.now() < deadline:
        try:
            missing = what_is_missing(client)
        except (ApiError, Unreachable) as error:
            missing = f"an answer: {error}"
        if not missing:
            return
        clock.sleep(0.5)
    raise BackendError(f"the kind cluster did not become ready in {READY_SECONDS} s: missing {missing}")


def what_is_missing(client: Client) -> str:
    """The first thing that pods need and that is not there yet; empty when all is there."""
    nodes = client.list(NODE)
    if not any(c["type"] == "Ready" and c["status"] == "True" for node in nodes for c in node["status"].get("conditions", ())):
        return "a node that is Ready"
    if not any(account["metadata"]["name"] == "default" for account in client.list(SERVICE_ACCOUNT, "default")):
        return "ServiceAccount default"
    dns = [d for d in client.list(DEPLOYMENT, "kube-system") if d["metadata"]["name"] == "coredns"]
    if dns and dns[0].get("status", {}).get("readyReplicas", 0) < 1:
        return "DNS (Deployment kube-system/coredns)"
    return ""
