"""`helm template` of real charts: the real helm as a process against ours as a process and in process, cold and warm, in one run.

    HELMSIM_CHARTS=FOLDER HELMSIM_ORACLE=BIN python -m benchmarks.render [FOLDER]

FOLDER holds charts at any depth (a checkout of a repository of charts, or several). Dependencies that are missing are taken from the other
charts of FOLDER, in a copy; charts that the real helm does not render offline are left out. *Cold* is the first rendering of a process
that has our modules imported (a process each), *warm* the same chart again in that process;
*first* is cold without what earlier processes left in the cache on disk (of large values files and documents), which is a folder of the
benchmark's own. Our processes find byte code, as those of an installed package do.
"""

from __future__ import annotations

import importlib
import math
import os
import pkgutil
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import program
from tools.compare_charts import index_charts, vendor

RUNS = 4
MAX_CHARTS = 80
IN_PROCESS = "--in-process"


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds for one chart, the best of several runs each; `memory` is the peak of our process in MiB."""

    chart: str
    helm: float
    first: float
    cold: float
    warm: float
    process: float
    memory: float

    def __str__(self) -> str:
        milliseconds = (1000 * value for value in (self.helm, self.process, self.first, self.cold, self.warm))
        return f"{self.chart:<52}" + "".join(f"{value:9.1f}" for value in milliseconds) + f"{self.memory:9.0f}"


def main() -> None:
    """Print a line for each chart, and what the promises are about."""
    if sys.argv[1:2] == [IN_PROCESS]:
        _time_renderings(Path(sys.argv[2]), int(sys.argv[3]))
        return
    folder = sys.argv[1] if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]) else os.environ.get("HELMSIM_CHARTS", "")
    if not folder:
        raise SystemExit("the benchmark renders real charts: set HELMSIM_CHARTS to a folder of them")
    helm = program("helm")
    print(f"{'chart':<52}{'helm':>9}{'process':>9}{'first':>9}{'cold':>9}{'warm':>9}{'MiB':>9}  (milliseconds)")
    figures = []
    with tempfile.TemporaryDirectory(prefix="helmsim-benchmark-") as scratch:
        os.environ["HELMSIM_TEMPLATE_CACHE"] = f"{scratch}/cache"
        os.environ["PYTHONPYCACHEPREFIX"] = f"{scratch}/bytecode"
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        for chart in charts(Path(folder), Path(scratch)):
            measured = measure(helm, chart)
            if measured is not None:
                figures.append(measured)
                print(measured, flush=True)
    report(figures)


def import_ours() -> None:
    """All of our modules that a rendering may need, so that forks find them imported."""
    for package in ("chart", "template", "template.functions", "objects"):
        found = importlib.import_module(f"pytest_helmsim.{package}")
        for each in pkgutil.iter_modules(found.__path__, f"{found.__name__}."):
            importlib.import_module(each.name)


def charts(folder: Path, scratch: Path) -> Iterator[Path]:
    """Copies of the charts, complete with their dependencies, evenly chosen where there are many."""
    found = {each.parent for each in folder.rglob("Chart.yaml")}
    tops = sorted(each for each in found if not any(above in found for above in each.parents))
    by_name = index_charts(tops)
    step = max(1, math.ceil(len(tops) / MAX_CHARTS))
    largest = [chart for chart in tops if chart.name == "kube-prometheus-stack"]
    for number, chart in enumerate(dict.fromkeys([*largest, *tops[::step]])):
        copy = scratch / str(number) / chart.name
        shutil.copytree(chart, copy, ignore_dangling_symlinks=True)
        vendor(copy, by_name, 0)
        yield copy
        shutil.rmtree(copy.parent)


def measure(helm: str, chart: Path) -> Figures | None:
    """None for a chart that helm does not render."""
    command = [helm, "template", "release-name", str(chart)]
    if subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        return None
    own = [sys.executable, "-m", "pytest_helmsim.cli.main", "template", "release-name", str(chart)]
    _process(own)
    theirs, processes, first, cold = [], [], [], []
    for _ in range(RUNS):
        theirs.append(_process(command)[0])
        processes.append(_process(own))
        first.append(_in_process(chart, 0, cache="off"))
        cold.append(_in_process(chart, RUNS))
    if not all(first) or not all(cold):
        print(f"{chart.name}: ours does not render it", flush=True)
        return None
    name = f"{chart.name} ({sum(1 for _ in chart.rglob('templates/*'))} templates)"
    return Figures(
        name,
        min(theirs),
        first=min(each[0] for each in first),
        cold=min(each[0] for each in cold),
        warm=min(min(each[1:]) for each in cold),
        process=min(each[0] for each in processes),
        memory=max(each[1] for each in processes),
    )


def _process(command: list[str]) -> tuple[float, float]:
    """Seconds and peak memory in MiB of a process."""
    started = time.perf_counter()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(running.pid, 0)
    seconds = time.perf_counter() - started
    running.returncode = 0
    return seconds, usage.ru_maxrss / 1024


def _in_process(chart: Path, again: int, *, cache: str = "") -> list[float]:
    """Seconds of the first rendering and of those after it, in a process that starts with nothing but imported modules; [] if it fails."""
    command = [sys.executable, "-m", "benchmarks.render", IN_PROCESS, str(chart), str(1 + again)]
    environment = {**os.environ, "HELMSIM_TEMPLATE_CACHE": cache} if cache else None
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    return [float(word) for word in done.stdout.split()] if done.returncode == 0 else []


def _time_renderings(chart: Path, times: int) -> None:
    import_ours()
    render = renderer(chart)
    print(*(_seconds(render) for _ in range(times)))


def renderer(chart: Path) -> Callable[[], object]:
    """What `helmsim template` does, from the files on."""
    from pytest_helmsim.chart import template_command

    options = template_command.TemplateOptions()
    return lambda: template_command.run(str(chart), options)


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def report(figures: list[Figures]) -> None:
    """Geometric means of the ratios, and how many charts are slower cold."""
    if not figures:
        raise SystemExit("no chart was rendered by both")
    cold_wins = sum(each.cold <= each.helm for each in figures)
    first_wins = sum(each.first <= each.helm for each in figures)
    print(f"{len(figures)} charts; geometric means against the real helm as a process:")
    print(f"  warm    {_mean([each.helm / each.warm for each in figures]):6.2f} times faster")
    print(f"  cold    {_mean([each.helm / each.cold for each in figures]):6.2f} times faster; no slower for {cold_wins} of {len(figures)}")
    first = _mean([each.helm / each.first for each in figures])
    print(f"  first   {first:6.2f} times faster; no slower for {first_wins} of {len(figures)}")
    print(f"  process {_mean([each.process / each.helm for each in figures]):6.2f} times its time")
    largest = max(figures, key=lambda each: each.memory)
    print(f"  peak memory {largest.memory:.0f} MiB for {largest.chart}")


def _mean(ratios: list[float]) -> float:
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


if __name__ == "__main__":
    main()
