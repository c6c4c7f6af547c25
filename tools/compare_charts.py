"""Compare our rendering with a real helm's, byte for byte, over a folder of charts.

    python tools/compare_charts.py FOLDER --helm BIN [--flavour helm4] [--only GLOB] [--show] [--kube-version V] [--mutants N]
        [--seed S] [--report FILE] [--no-plain]

Every directory with a Chart.yaml below FOLDER (but those within another chart) is rendered with its defaults, with each values file
that it ships (ci/, examples/, values-x.yaml, x-values.yaml) and with N values files made out of its own (mutate_values.py). Missing
dependencies are taken by name from the other charts of FOLDER, in a copy; what no chart has is taken out of Chart.yaml. Lines that are
random by nature (passwords, certificates, dates) are compared by their form. Prints what passed, what both refuse, and each difference;
`--report` gets one as JSON per line, with the values.
"""

from __future__ import annotations

import argparse
import difflib
import fnmatch
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from mutate_values import mutants

from pytest_helmsim.chart import dependencies, template_command, values
from pytest_helmsim.chart.errors import ChartError
from pytest_helmsim.chart.template_command import TemplateOptions
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.flavour import Flavour
from pytest_helmsim.objects.yamlio import dump, load_map

_TOKEN = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|[A-Za-z0-9+/=]{8,}|\d{4}-\d\d-\d\d[T ][0-9:.]+Z?"
)
_MOST_FILES = 80


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
    by_name = index_charts([*charts, *sorted(found.difference(charts))])
    tally = Tally()
    with tempfile.TemporaryDirectory() as scratch:
        for number, chart in enumerate(charts):
            name = str(chart.relative_to(folder))
            if options.only and not fnmatch.fnmatch(name, options.only):
                continue
            copy = Path(scratch) / str(number) / chart.name
            shutil.copytree(chart, copy, symlinks=False, ignore_dangling_symlinks=True)
            vendor(copy, by_name, 0)
            _drop_missing(copy)
            for label, file in _values_files(copy, name, options):
                _compare(label, copy, file, options, tally)
            shutil.rmtree(copy.parent)
    total = tally.same + tally.both_fail + len(tally.different) + len(tally.other_error)
    _say(f"\n{tally.same} identical and {tally.both_fail} refused by both in the same words of {total}")
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
    parser.add_argument("--mutants", type=int, default=0, help="values files made out of each chart's own values")
    parser.add_argument("--seed", default="0", help="another seed gives other mutants")
    parser.add_argument("--no-plain", action="store_true", help="only the mutants")
    parser.add_argument("--report", type=Path, help="file for the differences in full")
    return parser.parse_args()


def _values_files(chart: Path, name: str, options: argparse.Namespace) -> Iterator[tuple[str, Path | None]]:
    """The defaults, the files that the chart ships, and the mutants."""
    if not options.no_plain:
        yield name, None
        for file in _shipped(chart)[:_MOST_FILES]:
            yield f"{name} {file.relative_to(chart)}", file
    if options.mutants:
        try:
            own = load_map((chart / "values.yaml").read_bytes())
        except (OSError, HelmsimError):
            return
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "v.yaml"
            for label, changed in mutants(own, f"{options.seed} {name}", options.mutants):
                file.write_text(json.dumps(changed, indent=1))
                yield f"{name} <{label}>", file


def _shipped(chart: Path) -> list[Path]:
    """Values files of a chart: in ci/, or of such a name, outside of its templates and subcharts."""
    found = []
    for file in sorted([*chart.rglob("*.yaml"), *chart.rglob("*.yml")]):
        inner = file.relative_to(chart).parts
        if inner[0] in ("templates", "charts", "crds", "Chart.yaml", "values.yaml") or not file.is_file():
            continue
        if inner[0] == "ci" or any("values" in part for part in inner):
            found.append(file)
    return found


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


def _drop_missing(chart: Path) -> None:
    """Take dependencies that are nowhere out of the chart's declarations."""
    for name in ("Chart.yaml", "requirements.yaml"):
        file = chart / name
        try:
            content = load_map(file.read_bytes()) if file.is_file() else {}
        except HelmsimError:
            continue
        declared = content.get("dependencies") or []
        there = [each for each in declared if _is_there(chart, each)]
        if len(there) != len(declared):
            content["dependencies"] = there
            file.write_text(dump(content))


def _is_there(chart: Path, entry: dict[str, object]) -> bool:
    name = str(entry.get("name"))
    return (chart / "charts" / name).exists() or bool(list((chart / "charts").glob(f"{name}-*.tgz")))


def _compare(label: str, chart: Path, file: Path | None, options: argparse.Namespace, tally: Tally) -> None:
    started = time.perf_counter()
    command = [options.helm, "template", "release-name", str(chart)]
    if file is not None:
        command += ["-f", str(file)]
    if options.kube_version:
        command += ["--kube-version", options.kube_version]
    theirs, message = ask(command)
    middle = time.perf_counter()
    ours, error = _render(chart, file, options.flavour, options.kube_version)
    ended = time.perf_counter()
    tally.theirs_seconds += middle - started
    tally.ours_seconds += ended - middle
    mark = "." if not message and not error and ours == theirs else "d"
    if message and error:
        mark = "f"
        if _same_error(message, error):
            tally.both_fail += 1
        else:
            mark = "x"
            tally.other_error.append(f"{label}: error differs\n      theirs: {message!r}\n      ours:   {error!r}"[:3000])
    elif message or error:
        mark = "x"
        tally.other_error.append(f"{label}: {'theirs fails: ' + message if message else 'ours fails: ' + error}"[:1500])
    elif ours == theirs:
        tally.same += 1
    elif _same_form(ours, theirs) or _varies_alike(ours, theirs, ask(command)[0]):
        tally.same += 1
        mark = ":"
        pairs = [pair for pair in zip(theirs.split("\n"), ours.split("\n"), strict=True) if pair[0] != pair[1]]
        tally.by_form.append(f"{label}: {len(pairs)} lines, first {tuple(each.strip()[:100] for each in pairs[0])}")
    else:
        lines = list(difflib.unified_diff(theirs.splitlines(), ours.splitlines(), "theirs", "ours", lineterm="", n=1))
        changed = [line for line in lines[2:] if line[:1] in "+-"]
        tally.different.append(f"{label}: {len(changed)} lines, first {changed[:2]}")
        if options.show:
            _say(f"== {label}", *lines[:40], sep="\n")
    if mark in "xd" and options.report:
        given = file.read_text(errors="replace") if file else ""
        row: dict[str, object] = {"label": label, "values": given, "theirs": message or theirs, "ours": error or ours}
        row |= {"diff": lines[:40]} if mark == "d" else {}
        with options.report.open("a") as report:
            report.write(json.dumps(row) + "\n")
    _say(mark, end="", flush=True)


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
    except Exception as error:
        return "", f"CRASH {type(error).__name__}: {error}"


def ask(command: list[str]) -> tuple[str, str]:
    """What a program prints, and its error message or nothing."""
    done = subprocess.run(command, capture_output=True, check=False)
    message = _message(done.stderr.decode("utf-8", "surrogateescape")) if done.returncode else ""
    return done.stdout.decode("utf-8", "surrogateescape"), message


def _varies_alike(ours: str, first: str, second: str) -> bool:
    """Whether all lines of ours that differ from Helm's are lines in which Helm differs from itself, at the same place."""
    if ours.count("\n") != first.count("\n") or first.count("\n") != second.count("\n"):
        return False
    lines = zip(ours.split("\n"), first.split("\n"), second.split("\n"), strict=True)
    return all(x == y or _same_line_form(x, y) or (len(x) == len(y) and _prefix(x, y) + 3 >= _prefix(y, z) < len(y)) for x, y, z in lines)


def _prefix(a: str, b: str) -> int:
    """How many characters are the same from the start."""
    return next((count for count, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _message(stderr: str) -> str:
    _, _, text = stderr.rpartition("\nError: ") if "\nError: " in stderr else stderr.partition("Error: ")
    return text.replace(template_command.HINT, "").strip()


def _same_error(a: str, b: str) -> bool:
    """Lines of schema errors, and the names within them, have no fixed order."""
    if "the schema(s)" in a:
        return _in_any_order(a) == _in_any_order(b)
    return _same_form(a, b)


def _in_any_order(text: str) -> list[list[str]]:
    return sorted(sorted(re.split("[ ,]+", line)) for line in text.split("\n"))


def _same_form(a: str, b: str) -> bool:
    """Equal but for random-looking tokens (of equal length up to 40 characters, of about equal length beyond)."""
    first, second = a.split("\n"), b.split("\n")
    if len(first) != len(second):
        return False
    return all(x == y or _same_line_form(x, y) for x, y in zip(first, second, strict=True))


def _same_line_form(a: str, b: str) -> bool:
    if _TOKEN.sub("", a) != _TOKEN.sub("", b):
        return False
    for x, y in zip(_TOKEN.findall(a), _TOKEN.findall(b), strict=False):
        if x != y and not (len(x) == len(y) or (min(len(x), len(y)) >= 40 and abs(len(x) - len(y)) <= max(len(x), len(y)) // 5)):
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
