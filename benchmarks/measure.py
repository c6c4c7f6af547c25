"""Wall time of a call, repeated; and the real programs, where they are."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of each run."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle run."""
        return statistics.median(self.seconds)

    @property
    def fastest(self) -> float:
        """The run that other work on the machine disturbed least."""
        return min(self.seconds)

    def __str__(self) -> str:
        low, mid, high = (1000 * value for value in (min(self.seconds), self.median, max(self.seconds)))
        return f"{self.name:<44} {low:9.1f} {mid:9.1f} {high:9.1f} ms (min, median, max of {len(self.seconds)})"


def timed(name: str, call: Callable[[], object], runs: int = 5) -> Timing:
    """Run `call` several times."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return Timing(name, tuple(seconds))


def program(name: str) -> str:
    """A real program: from HELMSIM_ORACLE, else from PATH; exits with what to do when it is nowhere."""
    folder = os.environ.get("HELMSIM_ORACLE", "")
    found = shutil.which(name, path=folder) if folder else None
    found = found or shutil.which(name)
    if found is None:
        raise SystemExit(f"the benchmark compares with the real {name}: set HELMSIM_ORACLE to the folder that has it")
    return found


@contextmanager
def control_plane(port: int = 6700, etcd: int = 2700) -> Iterator[Path]:
    """A real control plane, started by the script that HELMSIM_CONTROLPLANE names; gives its kubeconfig."""
    script = os.environ.get("HELMSIM_CONTROLPLANE")
    if not script:
        raise SystemExit("the benchmark compares with a real control plane: set HELMSIM_CONTROLPLANE to the script that starts one")
    folder = tempfile.mkdtemp(prefix="helmsim-benchmark-")
    environment = {**os.environ, "AP": str(port), "EP": str(etcd)}
    subprocess.run(["bash", script, "up", folder], check=True, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield Path(folder) / "kubeconfig"
    finally:
        subprocess.run(["bash", script, "down", folder], check=True, env=environment, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)
