"""The real programs for conformance tests: where they are, and a control plane of them on loopback.

Binaries are looked for in the folder HELMSIM_ORACLE, else in ~/.cache/helmsim-oracle/bin. Without them tests skip with
the name of what is missing. A control plane that runs already is used when HELMSIM_ORACLE_KUBECONFIG names its file.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager")
HELM = {"helm3": "helm3", "helm4": "helm"}


def folder() -> Path:
    """Where the real programs should be."""
    return Path(os.environ.get("HELMSIM_ORACLE") or Path.home() / ".cache/helmsim-oracle/bin")


def binary(name: str) -> str:
    """Path of a real program; skip the test when it is missing."""
    path = folder() / name
    if not path.exists():
        pytest.skip(f"the real {name} is not in {folder()}")
    return str(path)


@contextmanager
def control_plane() -> Iterator[str]:
    """The kubeconfig of a control plane without nodes; stopped at the end when it was started here."""
    running = os.environ.get("HELMSIM_ORACLE_KUBECONFIG")
    if running:
        yield running
        return
    with _started(controllers=True) as (kubeconfig, _):
        yield kubeconfig


@contextmanager
def api_server() -> Iterator[tuple[str, str]]:
    """URL and token of an API server of one's own that nothing else writes to."""
    with _started(controllers=False) as (_, url):
        yield url, "oracle"


@contextmanager
def _started(*, controllers: bool) -> Iterator[tuple[str, str]]:
    for name in CONTROL_PLANE if controllers else CONTROL_PLANE[:2]:
        binary(name)
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing, which makes the key of the control plane")
    place = Path(tempfile.mkdtemp(prefix="helmsim-oracle-"))
    programs: list[subprocess.Popen[bytes]] = []
    try:
        yield _start(place, programs, controllers=controllers)
    finally:
        for program in reversed(programs):
            _stop(program)
        shutil.rmtree(place, ignore_errors=True)


def _stop(program: subprocess.Popen[bytes]) -> None:
    program.terminate()
    try:
        program.wait(5)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


def _start(place: Path, programs: list[subprocess.Popen[bytes]], *, controllers: bool) -> tuple[str, str]:
    api, etcd, peer, manager = (_free_port() for _ in range(4))
    urls = [f"http://127.0.0.1:{port}" for port in (etcd, peer)]

    def start(name: str, *arguments: str) -> None:
        with (place / f"{name}.log").open("wb") as log:
            programs.append(subprocess.Popen([binary(name), *arguments], stdout=log, stderr=log))

    start(
        "etcd",
        f"--data-dir={place}/etcd",
        "--unsafe-no-fsync",
        f"--listen-client-urls={urls[0]}",
        f"--advertise-client-urls={urls[0]}",
        f"--listen-peer-urls={urls[1]}",
        f"--initial-advertise-peer-urls={urls[1]}",
        f"--initial-cluster=default={urls[1]}",
    )
    subprocess.run(["openssl", "genrsa", "-out", f"{place}/sa.key", "2048"], check=True, capture_output=True)
    (place / "tokens.csv").write_text("oracle,admin,admin,system:masters\n")
    start(
        "kube-apiserver",
        f"--etcd-servers={urls[0]}",
        f"--secure-port={api}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--cert-dir={place}/certs",
        "--service-account-issuer=https://oracle.local",
        f"--service-account-key-file={place}/sa.key",
        f"--service-account-signing-key-file={place}/sa.key",
        "--authorization-mode=RBAC",
        f"--token-auth-file={place}/tokens.csv",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--disable-admission-plugins=ServiceAccount",
        "--allow-privileged=true",
    )
    file = place / "kubeconfig"
    file.write_text(
        "apiVersion: v1\nkind: Config\n"
        f'clusters: [{{name: oracle, cluster: {{server: "https://127.0.0.1:{api}", insecure-skip-tls-verify: true}}}}]\n'
        "users: [{name: oracle, user: {token: oracle}}]\n"
        "contexts: [{name: oracle, context: {cluster: oracle, user: oracle}}]\ncurrent-context: oracle\n"
    )
    _await_answer(str(file))
    result = str(file), f"https://127.0.0.1:{api}"
    if not controllers:
        return result
    start(
        "kube-controller-manager",
        f"--kubeconfig={file}",
        "--controllers=*,-serviceaccount-token-controller",
        f"--service-account-private-key-file={place}/sa.key",
        "--use-service-account-credentials=false",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={manager}",
        "--kube-api-qps=1000",
        "--kube-api-burst=2000",
    )
    return result


def _await_answer(kubeconfig: str) -> None:
    from pytest_helmsim.client.client import Client
    from pytest_helmsim.client.doors import Unreachable
    from pytest_helmsim.objects.clock import RealClock
    from pytest_helmsim.objects.status import ApiError

    client = Client(connect(kubeconfig), RealClock())
    for _ in range(300):
        try:
            client.request("GET", "/readyz", accept="*/*")
            client.get("Namespace", "default")
        except (Unreachable, ApiError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the control plane does not answer")


def connect(kubeconfig: str):  # type: ignore[no-untyped-def]
    """An ApiClient for a kubeconfig; its certificate is not checked, and nothing warns of that."""
    import kubernetes.config
    import urllib3

    urllib3.disable_warnings()
    return kubernetes.config.new_client_from_config(kubeconfig)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
