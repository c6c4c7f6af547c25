"""The whole loop install → scale → upgrade → rollback → uninstall of `helm create`'s chart.

The real helm and kubectl as processes on a real control plane, against ours in process, in one run. Neither waits for pods.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Timing, control_plane, program, timed

RUNS = 5


def real_loop(helm: str, kubectl: str, chart: Path, kubeconfig: Path) -> Callable[[], None]:
    """The loop by processes."""
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}

    def run(*command: str) -> None:
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def loop() -> None:
        run(helm, "install", "web", str(chart), "--set", "replicaCount=3")
        run(kubectl, "scale", "deployment/web-demo", "--replicas=0")
        run(helm, "upgrade", "web", str(chart), "--set", "replicaCount=3,image.tag=2")
        run(helm, "rollback", "web", "1")
        run(helm, "uninstall", "web")

    return loop


def our_loop(chart: Path, flavour: str) -> Callable[[], None]:
    """The same through the harness, each time on a fresh embedded cluster."""
    from pytest_helmsim.backends import base
    from pytest_helmsim.harness.cluster import Cluster
    from pytest_helmsim.harness.releases import Releases

    source = base.open_source(base.Settings()).__enter__()

    def loop() -> None:
        with source.isolate("loop") as backend:
            web = Releases(Cluster(backend, flavour=flavour))("web")
            web.install(chart, values={"replicaCount": 3})
            web.live("Deployment/web-demo").scale(0)
            web.upgrade(chart, values={"replicaCount": 3, "image": {"tag": "2"}})
            web.rollback(1)
            web.uninstall()

    return loop


def main() -> None:
    """Print both, for both Helms, and the ratios."""
    kubectl = program("kubectl")
    with tempfile.TemporaryDirectory() as folder, control_plane() as kubeconfig:
        subprocess.run([program("helm"), "create", "demo"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        chart = Path(folder) / "demo"
        for flavour, name in (("helm4", "helm"), ("helm3", "helm3")):
            real = timed(f"{name} and kubectl, real control plane", real_loop(program(name), kubectl, chart, kubeconfig), RUNS)
            ours = our_loop(chart, flavour)
            cold = timed(f"ours as {flavour}, the first", ours, 1)
            warm = timed(f"ours as {flavour}, in process", ours, RUNS)
            report(real, cold, warm)


def report(real: Timing, cold: Timing, warm: Timing) -> None:
    """The figures, and how many times faster ours is."""
    for timing in (real, cold, warm):
        print(timing)
    print(f"faster: {real.median / warm.median:.1f} times warm, {real.median / cold.median:.1f} times cold")


if __name__ == "__main__":
    main()
