"""Install, upgrade, rollback and the whole loop: ours in process, controllers on, against the real helm as a process.

For `helm create`'s chart and for a chart of 300 objects, both Helms, neither waiting for pods. Then how the cost of ours grows
with the objects of a chart, and with releases and revisions in the namespace (500 releases of 10 revisions each).
A control plane that runs already is used when HELMSIM_ORACLE_KUBECONFIG names its kubeconfig.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import control_plane, program

SMALL_RUNS, LARGE_RUNS = 5, 2
OBJECTS = (50, 100, 200, 400)
RELEASES, REVISIONS = 500, 10
GOALS = {"small": 10, "large": 5}
STEPS = ("install", "upgrade", "rollback", "uninstall")

TEMPLATES = {
    "configmap": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {key: {{ .Values.key | quote }}}\n",
    "service": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: NAME, labels: {key: {{ .Values.key | quote }}}}\n"
        "spec: {selector: {app: NAME}, ports: [{name: http, port: 80}]}\n"
    ),
    "deployment": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: NAME}\nspec:\n  replicas: 0\n"
        "  selector: {matchLabels: {app: NAME}}\n  template:\n    metadata: {labels: {app: NAME}}\n"
        "    spec: {containers: [{name: main, image: 'app:{{ .Values.key }}'}]}\n"
    ),
}


def write_chart(place: Path, count: int) -> Path:
    """A chart of `count` objects: config maps, services and deployments in turn."""
    (place / "templates").mkdir(parents=True)
    (place / "Chart.yaml").write_text("apiVersion: v2\nname: many\nversion: 0.1.0\n")
    (place / "values.yaml").write_text("key: one\n")
    for number in range(count):
        kind = tuple(TEMPLATES)[number % len(TEMPLATES)]
        (place / "templates" / f"{kind}-{number}.yaml").write_text(TEMPLATES[kind].replace("NAME", f"{kind}-{number}"))
    return place


Act = Callable[[], object]


def real_steps(helm: str, kubeconfig: str, chart: Path) -> dict[str, Act]:
    """The operations as processes."""
    environment = {**os.environ, "KUBECONFIG": kubeconfig}

    def run(*words: str) -> Act:
        command = [helm, *words]
        return lambda: subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    changed = ["--set", "key=two,image.tag=2"]
    return {
        "install": run("install", "bench", str(chart)),
        "upgrade": run("upgrade", "bench", str(chart), *changed),
        "rollback": run("rollback", "bench", "1"),
        "uninstall": run("uninstall", "bench"),
    }


@contextmanager
def our_steps(flavour: str, chart: Path) -> Iterator[dict[str, Act]]:
    """The operations in process on a fresh embedded cluster; charts are loaded each time, as a process must."""
    from pytest_helmsim.backends import base
    from pytest_helmsim.release.engine import Engine

    with base.open_source(base.Settings()) as source, source.isolate("bench") as backend:
        engine = Engine(backend.client, flavour=flavour)  # type: ignore[arg-type]
        changed = {"key": "two", "image": {"tag": "2"}}
        yield {
            "install": lambda: engine.install("bench", chart),
            "upgrade": lambda: engine.upgrade("bench", chart, changed),
            "rollback": lambda: engine.rollback("bench", 1),
            "uninstall": lambda: engine.uninstall("bench"),
        }


def run_loops(steps: dict[str, Act], runs: int) -> dict[str, float]:
    """The fastest of each step and of the loop, in seconds."""
    best = dict.fromkeys([*STEPS, "loop"], float("inf"))
    for _ in range(runs):
        whole = 0.0
        for name in STEPS:
            start = time.perf_counter()
            steps[name]()
            taken = time.perf_counter() - start
            best[name] = min(best[name], taken)
            whole += taken
        best["loop"] = min(best["loop"], whole)
    return best


def compare(title: str, flavour: str, helm: str, kubeconfig: str, chart: Path, runs: int) -> None:
    """One chart with one Helm: a line for each operation."""
    real = run_loops(real_steps(helm, kubeconfig, chart), runs)
    with our_steps(flavour, chart) as steps:
        ours = run_loops(steps, runs + 1)
    for name in (*STEPS, "loop"):
        ratio = real[name] / ours[name]
        note = f"  (goal {GOALS[title]})" if name == "loop" else ""
        print(
            f"{title} {flavour} {name:<10} real {1000 * real[name]:9.1f} ms   ours {1000 * ours[name]:8.1f} ms   {ratio:6.1f} times{note}"
        )


def growth_with_objects(place: Path, flavour: str) -> None:
    """Milliseconds for each object, which should stay the same."""
    for count in OBJECTS:
        with our_steps(flavour, write_chart(place / f"{flavour}-{count}", count)) as steps:
            best = run_loops(steps, 2)
        each = "   ".join(f"{name} {1000 * best[name] / count:5.2f}" for name in (*STEPS, "loop"))
        print(f"{flavour} {count:4} objects, ms for each: {each}", flush=True)


def growth_with_releases(place: Path, flavour: str) -> None:
    """An upgrade in a namespace that fills with releases and revisions."""
    from pytest_helmsim.backends import base
    from pytest_helmsim.release.engine import Engine

    chart = place / f"tiny-{flavour}"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.1.0\n")
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {key: {{ .Release.Revision | quote }}}\n"
    (chart / "templates/a.yaml").write_text(text)
    with base.open_source(base.Settings()) as source, source.isolate("bench") as backend:
        engine = Engine(backend.client, flavour=flavour)  # type: ignore[arg-type]
        loaded = engine.load(chart)
        for number in range(RELEASES):
            engine.install(f"r{number}", loaded)
            taken = float("inf")
            for _ in range(REVISIONS - 1):
                start = time.perf_counter()
                engine.upgrade(f"r{number}", loaded)
                taken = min(taken, 1000 * (time.perf_counter() - start))
            if number + 1 in (1, 10, 50, 100, 250, RELEASES):
                print(f"{flavour} {number + 1:4} releases of {REVISIONS} revisions: {taken:6.2f} ms for one more upgrade", flush=True)


@contextmanager
def kubeconfig_of() -> Iterator[str]:
    """The running control plane's kubeconfig, or that of one started here."""
    running = os.environ.get("HELMSIM_ORACLE_KUBECONFIG")
    if running:
        yield running
        return
    with control_plane() as file:
        yield str(file)


def main() -> None:
    """Print all of it."""
    with tempfile.TemporaryDirectory() as folder, kubeconfig_of() as kubeconfig:
        place = Path(folder)
        subprocess.run([program("helm"), "create", "demo"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        large = write_chart(place / "many", 300)
        for flavour, helm in (("helm4", "helm"), ("helm3", "helm3")):
            compare("small", flavour, program(helm), kubeconfig, place / "demo", SMALL_RUNS)
            compare("large", flavour, program(helm), kubeconfig, large, LARGE_RUNS)
            growth_with_objects(place, flavour)
            growth_with_releases(place, flavour)


if __name__ == "__main__":
    main()
