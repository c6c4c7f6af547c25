"""One release in turn by the real helm and by ours: each reads, upgrades, rolls back and removes what the other wrote.

Every script runs twice at once, with the roles swapped; output, exit status and decoded records must be the same.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import oracle
import pytest
from conformance.forks import Forks
from conformance.helms import SCRIPTS, our_helm, real_helm
from conformance.programs import Place, Program, Server, compare, executable, name_namespace, namespaces

pytestmark = pytest.mark.oracle

LIFE = """
one install web app --description first --labels team=blue
records
other upgrade web app --set colour=green,replicas=3
records
one rollback web 1
records
other upgrade web app --reuse-values --set extra=more
other history web
one status web -o json
one get values web
one uninstall web --keep-history
records
other history web
other rollback web 2
records
one test web
records
other uninstall web
kubectl get all,configmaps,secrets -o name
"""
STATUS = """
one install web app
one upgrade web app --set colour=green
mark web {status}
other list
other list --{word}
other status web
other history web
other get manifest web
other get values web -o yaml
other install web app
other upgrade web app --set colour=red
other rollback web 1
records
one history web
one upgrade web app
mark web {status}
other uninstall web
one list
kubectl get all,configmaps,secrets -o name
"""
WORDS = {
    "deployed": "deployed",
    "failed": "failed",
    "superseded": "superseded",
    "uninstalled": "uninstalled",
    "uninstalling": "uninstalling",
    "pending-install": "pending",
    "pending-upgrade": "pending",
    "pending-rollback": "pending",
    "unknown": "failed",
}
"""Each status a record can have, and the word that `list` has for it."""


@pytest.mark.parametrize("place", ["real", "bare"])
@pytest.mark.parametrize("version", ["3", "4"])
def test_a_life_in_turns(version: str, place: str, request: pytest.FixtureRequest, forks: Forks, tmp_path: Path):
    server = request.getfixturevalue(place)
    assert not swapped(LIFE, version, server, forks, tmp_path)


@pytest.mark.parametrize("status", WORDS)
@pytest.mark.parametrize("version", ["3", "4"])
def test_each_status_is_read_and_left(status: str, version: str, real: Server, forks: Forks, tmp_path: Path):
    assert not swapped(STATUS.format(status=status, word=WORDS[status]), version, real, forks, tmp_path)


def swapped(text: str, version: str, server: Server, forks: Forks, tmp_path: Path) -> str:
    """The differences between a script with real helm and ours, and the same with the roles swapped."""
    kubectl = oracle.binary("kubectl")
    pair = {"helm": real_helm(version, tmp_path), "helmsim": our_helm(version, forks)}
    places = []
    wanted = (name_namespace("interop"), server)
    with namespaces(kubectl, wanted, (name_namespace("interop"), server)) as names:
        for namespace, (one, other) in zip(names, (("helm", "helmsim"), ("helmsim", "helm")), strict=True):
            folder = tmp_path / one
            SCRIPTS[0].write(folder)
            programs: dict[str, Program] = {"kubectl": executable(kubectl), "one": pair[one], "other": pair[other]}
            programs |= {"records": on_records(print_records), "mark": on_records(mark)}
            named = f"{one} then {other}"
            places.append(Place(named, folder, server.in_namespace(namespace, folder), namespace, programs, {"helmsim": "helm"}))
        return "\n".join(filter(None, (compare(line, *places) for line in text.strip().splitlines())))


def on_records(action: Callable[[Any, str, list[str]], str]) -> Program:
    """A program of our own over the records of a namespace."""

    def run(words: list[str], folder: Path, environment: dict[str, str]) -> tuple[str, str, int]:
        from kubernetes.client import CoreV1Api
        from kubernetes.config import list_kube_config_contexts

        kubeconfig = environment["KUBECONFIG"]
        namespace = list_kube_config_contexts(kubeconfig)[1]["context"]["namespace"]
        return action(CoreV1Api(oracle.connect(kubeconfig)), namespace, words), "", 0

    return run


def print_records(api: Any, namespace: str, words: list[str]) -> str:
    """All records, decoded, with the names and labels of their Secrets."""
    lines = []
    for secret in api.list_namespaced_secret(namespace, label_selector="owner=helm").items:
        labels = {key: re.sub(r"^\d{10}$", "SECONDS", value) for key, value in secret.metadata.labels.items()}
        lines += [secret.metadata.name, secret.type, json.dumps(labels, sort_keys=True)]
        lines.append(json.dumps(decoded(secret.data["release"]), indent=1))
    return "\n".join(lines)


def mark(api: Any, namespace: str, words: list[str]) -> str:
    """Give the last record of a release another status: `mark RELEASE STATUS`."""
    release, status = words
    found = api.list_namespaced_secret(namespace, label_selector=f"owner=helm,name={release}").items
    last = max(found, key=lambda secret: int(secret.metadata.labels["version"]))
    record = decoded(last.data["release"])
    record["info"]["status"] = status
    data = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(record).encode()))).decode()
    api.patch_namespaced_secret(last.metadata.name, namespace, {"data": {"release": data}, "metadata": {"labels": {"status": status}}})
    return f"{last.metadata.name} is {status}"


def decoded(data: str) -> Any:
    """The record in a Secret."""
    return json.loads(gzip.decompress(base64.b64decode(base64.b64decode(data))))
