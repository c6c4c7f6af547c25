"""One control plane and one embedded cluster for all conformance tests of a session."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import oracle
import pytest
from conformance.forks import Forks
from conformance.programs import Server


@pytest.fixture(scope="session")
def real() -> Iterator[Server]:
    """The real control plane, without nodes."""
    with oracle.control_plane() as kubeconfig:
        yield Server("real", kubeconfig)


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The embedded cluster without nodes and scheduler, as the real control plane is."""
    with served(
        tmp_path_factory.mktemp("bare"),
        "--controllers=*,-kubelet,-scheduler,-node-lifecycle-controller,-standard-storage-class,-ingress-controller",
    ) as server:
        yield server


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The embedded cluster as it comes."""
    with served(tmp_path_factory.mktemp("simulated")) as server:
        yield server


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """`helmsim`, ready to be called many times."""
    with Forks() as started:
        yield started


@contextmanager
def served(place: Path, *flags: str) -> Iterator[Server]:
    """`helmsim serve` as a process, until the end of the block."""
    file, log = place / "kubeconfig", place / "log"
    program = [sys.executable, "-m", "pytest_helmsim.cli.main", "serve", f"--kubeconfig={file}", *flags]
    with log.open("wb") as target, subprocess.Popen(program, stdout=target, stderr=target) as process:
        try:
            for _ in range(300):
                if file.exists() or process.poll() is not None:
                    break
                time.sleep(0.1)
            assert file.exists(), log.read_text()
            yield Server("simulated", str(file))
        finally:
            process.terminate()
            process.wait(10)
