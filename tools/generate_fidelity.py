"""Writes docs/fidelity.md: what is simulated exactly, what approximately, what not. From the code and the tests, never by hand.

    python tools/generate_fidelity.py            write the page
    python tools/generate_fidelity.py --check    1 when the page says something that is no longer so

Counts are rounded down to two digits ("2,700+"). The check holds as long as each of them is still true and not a tenth of the truth, so
that a new recorded row does not ask for a new page; anything else that differs does.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import fidelity_sources as sources
from fidelity_sources import Area, Kind

from pytest_helmsim.apiserver.controllers import registry
from pytest_helmsim.schema.catalog import DEFAULT, SUPPORTED
from pytest_helmsim.template.functions import HELM_4_ONLY

PAGE = sources.ROOT / "docs" / "fidelity.md"
COMPARED = 20
"""A kind with rules of its own counts as compared from this many recorded answers on."""

INTRO = """\
# Fidelity

What behaves exactly as the real programs, what approximately, what not at all. Made by `python tools/generate_fidelity.py` from the code
and the recorded answers; do not edit. A count such as 1,200+ is rounded down.

- **exact**: recorded answers of the real program are replayed by the tests, and ours are equal (uids, times and addresses masked).
- **approximate**: does what upstream's source says, but has few or no recorded answers, or is known to differ; see
  [Approximations](#approximations).
- **not**: refused with an error that names the feature, or accepted with a note.

What a test's cluster accepts without rules to check it is listed at the end of the run under *helmsim: not modelled*; with
`--helmsim-strict` it fails the test.
"""


def page() -> str:
    """The whole page."""
    areas = sources.areas()
    sections = [
        INTRO,
        "\n".join(_areas(areas)),
        "\n".join(_kinds(sources.kinds(DEFAULT), _evidence(areas))),
        "\n".join(_features()),
        "\n".join(_controllers()),
        "\n".join(_versions()),
        "\n".join(_functions()),
        "\n".join(_sentences("Approximations", "APPROXIMATE", "What is done, but not in every respect as the real program does it.")),
        "\n".join(_sentences("Not simulated", "NOT_SIMULATED", "What the real programs do and ours do not.")),
        "\n".join(_refusals()),
    ]
    return "\n".join(sections)


def rounded(number: int) -> str:
    """`2741` -> `2,700+`, `7` -> `7+`, `0` -> `none`."""
    if not number:
        return "none"
    unit = 10 ** max(len(str(number)) - 2, 0) if number >= 100 else 10 if number >= 10 else 1
    return f"{number // unit * unit:,}+"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table of Markdown."""
    yield "| " + " | ".join(heads) + " |"
    yield "|" + " --- |" * len(heads)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Recorded answers by kind, and how many of them are known to differ."""

    recorded: Counter[sources.GroupKind]
    different: Counter[sources.GroupKind]

    def level(self, kind: Kind) -> str:
        """What the page says of a kind."""
        if not kind.validated:
            return "metadata only"
        count, wrong = self.recorded[kind.group, kind.name], self.different[kind.group, kind.name]
        return "exact" if count >= COMPARED and wrong * 10 <= count else "approximate"

    def answers(self, kind: Kind) -> str:
        """The cell of a kind."""
        count, wrong = self.recorded[kind.group, kind.name], self.different[kind.group, kind.name]
        return rounded(count) + (f", {rounded(wrong)} differ" if wrong else "")


def _evidence(areas: list[Area]) -> Evidence:
    different = (item.touched for item in sources.known_differences())
    return Evidence(sum((area.touched for area in areas), Counter()), sum(different, Counter()))


def _areas(areas: list[Area]) -> Iterator[str]:
    yield "## Compared with the real programs\n"
    yield from table(
        ("recorded in", "answers", "of", "what", "recorded by", "replayed by"),
        (
            (
                f"`tests/recorded/{area.name}`",
                rounded(area.answers),
                *(area.about["program"], area.about["what"], f"`{area.about['recorder']}`", f"`{area.about['test']}`"),
            )
            for area in areas
        ),
    )
    known = sources.known_differences()
    if known:
        yield "\nAnswers that are known to differ; the tests fail when one of them becomes right:\n"
        yield from table(("in", "why", "answers"), ((f"`{item.test}`", item.reason, rounded(item.answers)) for item in known))
    yield ""


def _kinds(kinds: list[Kind], evidence: Evidence) -> Iterator[str]:
    stored = [kind for kind in kinds if kind.stored]
    levels = Counter(evidence.level(kind) for kind in stored)
    yield "## Kinds\n"
    yield f"The built-in kinds of Kubernetes {DEFAULT}: {levels['exact']} exact, {levels['approximate']} approximate."
    yield f"{levels['metadata only']} more: their metadata is checked, and anything else accepted with a note."
    yield f"Exact are kinds with validation rules of their own and at least {COMPARED} recorded answers, of which hardly any differs."
    yield "The fields of all kinds come from the published OpenAPI. *Defaults* counts the types within the kind with a defaulting rule."
    yield "*Controllers* are those that work on it.\n"
    yield from table(
        ("kind", "level", "validation", "defaults", "controllers", "columns of `kubectl get`", "recorded answers"),
        (
            (
                f"`{kind.name}` {kind.group or 'core'}/{', '.join(kind.versions)}",
                evidence.level(kind),
                "own rules" if kind.validated else "metadata",
                f"{kind.defaulted}" if kind.defaulted else "",
                ", ".join(kind.controllers),
                ", ".join(kind.columns) or "Name, Created At",
                evidence.answers(kind),
            )
            for kind in stored
        ),
    )
    asked = [kind.name for kind in kinds if not kind.stored]
    yield f"\nOnly asked, never stored: {', '.join(f'`{name}`' for name in asked)}."
    yield "Objects of CustomResourceDefinitions: pruning, defaults, validation, list types and printer columns by their schema;"
    yield "rules in CEL where our evaluator knows every function that they use, with a note where it does not.\n"


def _features() -> Iterator[str]:
    used = sources.features()
    yield "## Requests\n"
    yield "Recorded answers of the API server by what the request asks or the answer says; one may count several times.\n"
    yield from table(("feature", "recorded answers"), ((name, rounded(used[name])) for name in sources.FEATURES))
    yield "\nCommands that are run on the real control plane and on ours, and compared, where the real programs are there:\n"
    rows = ((f"`{program}`", _list(verbs)) for program, verbs in sources.commands().items())
    yield from table(("program", "verbs, and different commands of each"), rows)
    yield ""


def _list(counted: Counter[str]) -> str:
    return " · ".join(f"`{name}` {rounded(count)}" for name, count in sorted(counted.items()))


def _controllers() -> Iterator[str]:
    yield "## Controllers\n"
    yield "Compared by the scenarios of `tests/recorded/controllers`, as far as those reach; each can be switched off by its name.\n"
    yield from table(
        ("controller", "what it does"),
        ((f"`{cls.name}`", " ".join((cls.__doc__ or "").split("\n\n")[0].split())) for cls in registry.ALL),
    )
    yield ""


def _versions() -> Iterator[str]:
    yield "## Kubernetes versions\n"
    yield f"Everything above was compared with {DEFAULT}. What the others serve, and with which fields, is their own OpenAPI's. Since when"
    yield "a feature's fields are kept, and warnings, columns, default roles and words by version, are tables made from upstream's source."
    yield "These answers are replayed, of the version's own server or of one that emulates it:\n"
    compared = sources.compared_versions()
    yield from table(
        ("version", "kinds", "answers compared", "of"),
        (
            (version, str(len(sources.kinds(version))), rounded(answers), _server(version, server))
            for version in SUPPORTED
            for server, answers in (compared.get(version, ("", 0)),)
        ),
    )
    yield ""


def _server(version: str, server: str) -> str:
    if not server:
        return "no server: source only"
    return f"kube-apiserver {server.removeprefix('v')}" + ("" if server.startswith(f"v{version}.") else f", emulating {version}")


def _functions() -> Iterator[str]:
    names = sources.read(sources.RECORDED / "functions.json")
    used = sources.expressions_by_function()
    yield "## Template functions\n"
    yield f"Helm 3 has {len(names['helm3'])} functions, Helm 4 {len(names['helm4'])}. Refused by our renderer:"
    for flavour, missing in sources.missing_functions().items():
        yield f"{flavour.replace('helm', 'Helm ')}: {', '.join(f'`{name}`' for name in missing) or 'none of them'}."
    yield "Recorded templates with each of them (Helm 4 only: in italics):\n"
    shown = (f"*`{name}`* {rounded(used[name])}" if name in HELM_4_ONLY else f"`{name}` {rounded(used[name])}" for name in names["helm4"])
    yield " · ".join(shown)
    yield ""


def _sentences(title: str, constant: str, lead: str) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"{lead} Each stands beside the code as `{constant}`.\n"
    rows = ((*sentence.split(": ", 1), f"`{file}`") for file, sentence in sources.constants(constant))
    yield from table(("what", "how", "in"), rows)
    yield ""


def _refusals() -> Iterator[str]:
    yield "## Refused\n"
    yield "Each raises `UnsupportedFeature`, which names the feature and a way round it; `…` is filled in at run time.\n"
    rows = ((refusal.feature, refusal.way_round, f"`{refusal.file}`") for refusal in sources.refusals())
    yield from table(("feature", "way round", "in"), rows)
    yield ""


_COUNT = re.compile(r"\b(\d[\d,]*)\+|\bnone\b(?! of)")


def out_of_date() -> list[str]:
    """Why the page must be written anew; empty when it is right."""
    if not PAGE.exists():
        return [f"{PAGE.name} is missing"]
    return [*sources.wrong_words(), *differences(PAGE.read_text(), page())]


def differences(old: str, new: str) -> Iterator[str]:
    """Lines that differ otherwise than by counts that have grown a little."""
    before, after = old.splitlines(), new.splitlines()
    shapes: dict[str, list[str]] = {}
    for line in before:
        shapes.setdefault(_COUNT.sub("#", line), []).append(line)
    for line in after:
        same = shapes.get(_COUNT.sub("#", line))
        if not same:
            yield f"new: {line}"
        elif not _holds(ours := same.pop(0), line):
            yield f"count: {ours}"
    yield from (f"gone: {line}" for lines in shapes.values() for line in lines)


def _counts(line: str) -> list[int]:
    return [int((match[1] or "0").replace(",", "")) for match in _COUNT.finditer(line)]


def _holds(said: str, found: str) -> bool:
    return all(ours <= true <= max(10 * ours, 1000) for ours, true in zip(_counts(said), _counts(found), strict=True))


def main() -> int:
    """Write the page, or say whether it is right."""
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page())
        return 0
    found = out_of_date()
    if found:
        print("\n".join([*found, "docs/fidelity.md is out of date: run `python tools/generate_fidelity.py`"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
