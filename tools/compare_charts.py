"""Compare our rendering with a real helm's, byte for byte, over a folder of charts.

    python tools/compare_charts.py FOLDER --helm BIN [--flavour helm4] [--only GLOB] [--show] [--kube-version V]

Every directory with a Chart.yaml below FOLDER (outside of `charts/` folders) is rendered with its defaults and with each
`ci/*values*.yaml`. Missing dependencies are taken by name from the other charts of FOLDER, in a copy. Lines that are random by nature
(passwords, certificates, dates) are compared by their form. Prints what passed, what both refuse, and each difference.
"""

from __future__ import annotations

import argparse
import difflib
import fnmatch
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from pytest_helmsim.chart import dependencies, template_command, values
from pytest_helmsim.chart.errors import ChartError
from pytest_helmsim.chart.template_command import TemplateOptions
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.flavour import Flavour
from pytest_helmsim.objects.yamlio import load_map

_TOKEN = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|[A-Za-z0-9+/=]{8,}|\d{4}-\d\d-\d\d[T ][0-9:.]+Z?")


@dataclass
class Tally:
    """What the run has found."""

    same: int = 0
    both_fail: int = 0
    other_error: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    by_form: list[str] = field(default_factory=list)
    ours_seconds: float = 0.0
    theirs_seconds: float = 0.0


def _say(*parts: object, sep: str = " ", end: str = "\n", flush: bool = True) -> None:
    sys.stdout.write(sep.join(map(str, parts)) + end)
    if flush:
        sys.stdout.flush()


def main() -> int:
    options = _arguments()
    folder = Path(options.folder)
    found = {each.parent for each in folder.rglob("Chart.yaml")}
    charts = sorted(each for each in found if not any(above in found for above in each.parents))
    by_name = index_charts(charts)
    tally = Tally()
    with tempfile.TemporaryDirectory() as scratch:
        for number, chart in enumerate(charts):
            name = str(chart.relative_to(folder))
            if options.only and not fnmatch.fnmatch(name, options.only):
                continue
            copy = Path(scratch) / str(number) / chart.name
            shutil.copytree(chart, copy, symlinks=False, ignore_dangling_symlinks=True)
            vendor(copy, by_name, 0)
            files: list[Path | None] = [None, *sorted(copy.glob("ci/*values*.yaml"))]
            for file in files:
                label = name if file is None else f"{name} {file.name}"
                _compare(label, copy, file, options, tally)
            shutil.rmtree(copy.parent)
    total = tally.same + len(tally.different) + len(tally.other_error)
    _say(f"\n{tally.same} of {total} identical, {tally.both_fail} refused by both in the same words")
    _say(f"{len(tally.by_form)} of these with random lines that have the same form:", *tally.by_form, sep="\n   ")
    _say(f"ours {tally.ours_seconds:.1f} s in process, theirs {tally.theirs_seconds:.1f} s as processes")
    for line in tally.different + tally.other_error:
        _say("  ", line)
    return 1 if tally.different or tally.other_error else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--helm", required=True, help="the real helm")
    parser.add_argument("--flavour", choices=("helm3", "helm4"), default="helm4")
    parser.add_argument("--only", help="shell pattern for the chart's path below FOLDER")
    parser.add_argument("--show", action="store_true", help="print the differences")
    parser.add_argument("--kube-version", default=None)
    return parser.parse_args()


def index_charts(charts: list[Path]) -> dict[str, list[tuple[str, Path]]]:
    """Charts by name, with their versions."""
    names: dict[str, list[tuple[str, Path]]] = {}
    for chart in charts:
        try:
            metadata = load_map((chart / "Chart.yaml").read_bytes())
        except HelmsimError:
            continue
        names.setdefault(str(metadata.get("name")), []).append((str(metadata.get("version")), chart))
    return names


def vendor(chart: Path, by_name: dict[str, list[tuple[str, Path]]], depth: int) -> None:
    """Put declared dependencies that are missing into `charts/`; of several charts of a name one whose version fits."""
    for file in ("Chart.yaml", "requirements.yaml"):
        if depth > 5 or not (chart / file).is_file():
            continue
        try:
            declared = load_map((chart / file).read_bytes()).get("dependencies") or []
        except HelmsimError:
            continue
        for entry in declared:
            name = str(entry.get("name"))
            target = chart / "charts" / name
            if name not in by_name or target.exists() or list((chart / "charts").glob(f"{name}-*.tgz")):
                continue
            known = by_name[name]
            fitting = [path for version, path in known if dependencies.is_compatible(str(entry.get("version")), version)]
            shutil.copytree(fitting[0] if fitting else known[0][1], target, ignore_dangling_symlinks=True)
            vendor(target, by_name, depth + 1)


def _compare(label: str, chart: Path, file: Path | None, options: argparse.Namespace, tally: Tally) -> None:
    started = time.perf_counter()
    command = [options.helm, "template", "release-name", str(chart)]
    if file is not None:
        command += ["-f", str(file)]
    if options.kube_version:
        command += ["--kube-version", options.kube_version]
    done = subprocess.run(command, capture_output=True, check=False)
    middle = time.perf_counter()
    ours, error = _render(chart, file, options.flavour, options.kube_version)
    ended = time.perf_counter()
    tally.theirs_seconds += middle - started
    tally.ours_seconds += ended - middle
    theirs = done.stdout.decode("utf-8", "surrogateescape")
    message = _message(done.stderr.decode("utf-8", "surrogateescape")) if done.returncode else ""
    if message and error:
        if _same_form(message, error):
            tally.both_fail += 1
        else:
            tally.other_error.append(f"{label}: error differs\n      theirs: {message!r}\n      ours:   {error!r}")
    elif message or error:
        tally.other_error.append(f"{label}: {'theirs fails: ' + message if message else 'ours fails: ' + error}"[:600])
    elif ours == theirs:
        tally.same += 1
    elif _same_form(ours, theirs):
        tally.same += 1
        pairs = [pair for pair in zip(theirs.split("\n"), ours.split("\n"), strict=True) if pair[0] != pair[1]]
        tally.by_form.append(f"{label}: {len(pairs)} lines, first {tuple(each.strip()[:100] for each in pairs[0])}")
    else:
        lines = list(difflib.unified_diff(theirs.splitlines(), ours.splitlines(), "theirs", "ours", lineterm="", n=1))
        changed = [line for line in lines[2:] if line[:1] in "+-"]
        tally.different.append(f"{label}: {len(changed)} lines, first {changed[:2]}")
        if options.show:
            _say(f"== {label}", *lines[:40], sep="\n")
    _say("." if not (message or error) and (ours == theirs) else "x" if message or error else "d", end="", flush=True)


def _render(chart: Path, file: Path | None, flavour: Flavour, kube_version: str | None) -> tuple[str, str]:
    """Our output, or the error as the command line shows it."""
    given = values.Options(files=(str(file),) if file else ())
    options = TemplateOptions(values=given, kube_version=kube_version or "", flavour=flavour)
    try:
        return template_command.run(str(chart), options), ""
    except ChartError as error:
        return "", str(error).removesuffix(template_command.HINT).strip()
    except HelmsimError as error:
        return "", f"{type(error).__name__}: {error}"


def _message(stderr: str) -> str:
    _, _, text = stderr.rpartition("\nError: ") if "\nError: " in stderr else stderr.partition("Error: ")
    return text.replace(template_command.HINT, "").strip()


def _same_form(a: str, b: str) -> bool:
    """Equal but for random-looking tokens (of equal length up to 40 characters, of about equal length beyond)."""
    first, second = a.split("\n"), b.split("\n")
    if len(first) != len(second):
        return False
    return all(x == y or _same_line_form(x, y) for x, y in zip(first, second, strict=True))


def _same_line_form(a: str, b: str) -> bool:
    if _TOKEN.sub("", a) != _TOKEN.sub("", b):
        return False
    for x, y in zip(_TOKEN.findall(a), _TOKEN.findall(b), strict=True):
        if x != y and not (len(x) == len(y) or (min(len(x), len(y)) >= 40 and abs(len(x) - len(y)) <= max(len(x), len(y)) // 5)):
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
