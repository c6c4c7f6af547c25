"""The example charts' tests on the real control plane: what needs pods, a clock or scripted images skips with its reason."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import oracle
import pytest
from conformance.programs import Server

pytestmark = pytest.mark.oracle

ROOT = Path(__file__).parents[2]
REASONS = ("no scripted images: its kubelet runs the images that are there", "no virtual clock: its time is the machine's")


@pytest.mark.parametrize("version", ["3", "4"])
def test_example_charts_on_a_real_server(version: str, real: Server):
    words = ["--helmsim-cluster=kubeconfig", f"--helmsim-kubeconfig={real.kubeconfig}", f"--helmsim-helm={version}"]
    program = [sys.executable, "-m", "pytest", "example_charts", "-q", "-p", "no:cacheprovider", *words]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=150)
    kubectl = [oracle.binary("kubectl"), "--kubeconfig", real.kubeconfig]
    subprocess.run([*kubectl, "delete", "crd", "widgets.example.com", "--ignore-not-found"], check=True, capture_output=True)
    assert done.returncode == 0, done.stdout
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|skipped|failed|error)", done.stdout.splitlines()[-1])}
    assert set(counts) == {"passed", "skipped"}
    assert counts["passed"] >= 30
    skips = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    assert all(line.endswith(REASONS) for line in skips), skips
