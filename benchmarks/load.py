"""Fifty clients over HTTP for a minute, reading, writing and watching at once: nothing lost, nothing stuck, memory flat.

The server is a process of its own, as a user of `helmsim serve` has it; `HELMSIM_LOAD_SECONDS` makes it shorter or longer.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.apiserver import start_process
from tests.apiserver.load import Load, connect

WRITERS, WATCHERS = 40, 10
SECONDS = float(os.environ.get("HELMSIM_LOAD_SECONDS", "60"))


def resident(pid: int) -> float:
    """MiB of the process that are in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def main() -> None:
    """Print what was done, what was lost, and how the memory went; ends with 1 when anything was lost or stuck."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kubeconfig"
        process = start_process(path)
        try:
            end = time.monotonic() + SECONDS
            load = Load(connect(path, WRITERS + WATCHERS + 1), writers=WRITERS, watchers=WATCHERS, more=lambda _: time.monotonic() < end)
            work = threading.Thread(target=load.run)
            work.start()
            memory = []
            while work.is_alive():
                memory.append(resident(process.pid))
                work.join(1)
        finally:
            process.terminate()
            process.wait()
    found = load.outcome
    rate = found.requests / SECONDS
    print(f"{WRITERS} writers, {WATCHERS} watchers, {SECONDS:.0f} s: {found.requests} requests ({rate:.0f}/s), {found.conflicts} conflicts")
    print(
        f"increments {sum(found.counted.values())}, lost {found.lost}; events seen {found.seen}, missed {found.missed}; stuck {found.stuck}"
    )
    quarter = max(1, len(memory) // 4)
    steps = [statistics.median(memory[start : start + quarter]) for start in range(0, len(memory) - quarter + 1, quarter)]
    print("memory by quarters, MiB: " + " ".join(f"{step:.1f}" for step in steps))
    if found.lost or found.missed or found.stuck or found.failures:
        raise SystemExit(f"failed: {found.failures[:3]}")


if __name__ == "__main__":
    main()
