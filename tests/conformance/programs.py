"""Commands as data, run as processes against two servers or by two programs, and compared line by line.

A script is a list of lines as one would type them: `kubectl get deployment web`, `KUBE_EDITOR='sed -i s/a/b/' kubectl edit …`.
Its namespace is the context's. What depends on the moment, the machine or chance is masked, nothing else.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import secrets
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

PATIENCE = 8.0
"""Seconds for which a command that only reads may still answer differently: controllers need a moment."""
MOST = 80
"""Lines of one difference that are shown."""
READERS = ("get", "describe", "events", "top", "diff", "status", "list", "history")


@dataclass(frozen=True)
class Server:
    """A cluster by its kubeconfig."""

    name: str
    kubeconfig: str

    def in_namespace(self, namespace: str, place: Path) -> Server:
        """The same with a namespace of its own in the context."""
        document = yaml.safe_load(Path(self.kubeconfig).read_text())
        for context in document["contexts"]:
            context["context"]["namespace"] = namespace
        file = place / f"{self.name}.kubeconfig"
        file.write_text(yaml.safe_dump(document))
        return Server(self.name, str(file))


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit status."""

    out: str
    err: str
    code: int

    def shown(self) -> str:
        """As one text for a diff."""
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}".rstrip() + "\n"


Program = Callable[[list[str], Path, dict[str, str]], tuple[str, str, int]]
"""Runs words in a folder with an environment: standard output, standard error, exit status."""


def executable(path: str) -> Program:
    """A program by its path."""

    def run(words: list[str], folder: Path, environment: dict[str, str]) -> tuple[str, str, int]:
        done = subprocess.run(
            [path, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False
        )
        return done.stdout, done.stderr, done.returncode

    return run


@dataclass(frozen=True)
class Place:
    """Where commands run: a folder with the script's files, a server, a namespace, and which programs stand behind the names."""

    name: str
    folder: Path
    server: Server
    namespace: str
    programs: Mapping[str, Program]
    words: Mapping[str, str] = field(default_factory=dict)
    """Further words that differ by nature, and what stands for them."""

    def run(self, line: str) -> Answer:
        """One line; leading `NAME=value` words go to its environment."""
        words = shlex.split(line)
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "KUBECONFIG": self.server.kubeconfig, "TZ": "UTC", "LANG": "C"}
        while re.match(r"[A-Z_]+=", words[0]):
            key, _, value = words.pop(0).partition("=")
            environment[key] = value
        out, err, code = self.programs[words[0]](words[1:], self.folder, environment)
        return Answer(self.mask(out), self.mask(err), code)

    def mask(self, text: str) -> str:
        """Without what depends on the moment, the machine or chance."""
        text = text.replace(self.namespace, "NAMESPACE").replace(str(self.folder), "FOLDER")
        for old, new in self.words.items():
            text = text.replace(old, new)
        for pattern, new in MASKS:
            text = pattern.sub(new, text)
        return in_order(text)


def in_order(text: str) -> str:
    """Owners of fields by name, since they stand in the order of their seconds; Helm's tables of resources by kind, and what is wrong
    with the fields of an object by line, since Go's maps have no order.
    """
    if "managedFields:" in text and text.startswith(("apiVersion:", "items:")):
        document = yaml.safe_load(text)
        for each in (document, *document.get("items", ())):
            if "managedFields" in each["metadata"]:
                each["metadata"]["managedFields"].sort(key=lambda entry: json.dumps(entry, sort_keys=True))
        text = yaml.safe_dump(document)
    text = re.sub(r"(?m)(?:^\* .*\n?){2,}", lambda errors: "".join(sorted(errors[0].splitlines(keepends=True))), text)
    if "\nRESOURCES:\n" in text:
        head, _, rest = text.partition("RESOURCES:\n")
        tables, end, rest = rest.partition("\n\n\n")
        text = head + "RESOURCES:\n" + "\n\n".join(sorted(tables.split("\n\n"))) + end + rest
    return text


LETTERS = "[bcdfghjklmnpqrstvwxz2456789]"
MASKS = [
    (re.compile(pattern), new)
    for pattern, new in (
        # A Deployment whose controller came by once more, or not, after it made the ReplicaSet.
        (r'(?s)Created new replica set "([^"]+)"(.{0,40}?)NewReplicaSetCreated', r'ReplicaSet "\1" is progressing.\2ReplicaSetUpdated'),
        # The log of a client whose own time ran out while it opened a watch: by chance on either server.
        (r"(?m)^E\d{4} .*reflector\.go.* context deadline exceeded\"\n?", ""),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
        (r"(?m)^I\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ (?=warnings\.go)", "I "),
        (r"https://127\.0\.0\.1:\d+", "SERVER"),
        (r'("serverAddress":)"127\.0\.0\.1:\d+"', r'\1"SERVER"'),
        (r'(modifiedAt"?[:=] ?"?)\d{10}', r"\1SECONDS"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "TIME"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4}( [A-Z]+)?", "TIME"),
        (r"[A-Z][a-z]{2},? +(\d+ )?[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d( [+-]\d{4})?( \d{4})?", "TIME"),
        (r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "TIME"),
        (r'(resourceVersion"?: ?)"\d+"', r'\1"VERSION"'),
        (r"(Resource Version: +)\d+", r"\1VERSION"),
        (r"(?<![-\w])(\d+[smhd]){1,2}(?= |\n|$|\))", "AGE"),
        (r"<(invalid|unknown)>(?=\n|$)", "AGE"),
        (r"\b10\.96\.\d+\.\d+", "IP"),
        (rf"(?<=-){LETTERS}{{5}}\b", "RANDO"),
        (r"\b3[0-2]\d{3}\b", "NODEPORT"),
        (r"\x1b\[[0-9;]*m", ""),
        (r"(UPDATED|TIME) *(?=\t)", r"\1"),
        (r"AGE \(x\d+ over AGE\)", "AGE"),
        (r"(kubectl-edit|LIVE|MERGED)-\d+", r"\1-NUMBER"),
        (r" +(?=\n|$)", ""),
        (r"(?<=\S) {2,}", "  "),
    )
]


def name_namespace(word: str) -> str:
    """A namespace nobody else has, always of the same length for the same word."""
    return f"{word}-{secrets.token_hex(3)}"


def compare(line: str, first: Place, second: Place, *, patience: float = PATIENCE) -> str:
    """What differs between the two answers to one line, as a diff; empty when nothing does. Both are asked at once."""

    def ask() -> tuple[Answer, Answer]:
        with ThreadPoolExecutor(2) as pool:
            one, other = pool.map(lambda place: place.run(line), (first, second))
        return one, other

    return difference(line, first.name, second.name, *asked(line, ask, patience))


def expect(line: str, place: Place, expected: Answer) -> str:
    """What differs between an answer as it was once and now, as a diff; empty when nothing does."""
    return difference(line, "recorded", place.name, *asked(line, lambda: (expected, place.run(line))))


def asked(line: str, ask: Callable[[], tuple[Answer, Answer]], patience: float = PATIENCE) -> tuple[Answer, Answer]:
    """Two answers; lines that only read are asked again until both are equal or patience is at its end."""
    end = time.monotonic() + patience
    while True:
        one, other = ask()
        if one == other or not reads(line) or time.monotonic() > end:
            return one, other
        time.sleep(0.5)


def reads(line: str) -> bool:
    """Whether a line may be asked again."""
    words = line.split()
    return any(word in READERS for word in words[1:3])


def difference(line: str, first: str, second: str, one: Answer, other: Answer) -> str:
    """Two answers as a diff; empty when they are equal."""
    if one == other:
        return ""
    lines = difflib.unified_diff(one.shown().splitlines(), other.shown().splitlines(), first, second, lineterm="", n=4)
    shown = list(lines)
    cut = [f"… {len(shown) - MOST} more lines"] if len(shown) > MOST else []
    return f"$ {line}\n" + "\n".join([*shown[:MOST], *cut]) + "\n"


@dataclass(frozen=True)
class Script:
    """A named list of lines, and the files they use."""

    name: str
    lines: tuple[str, ...]
    files: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Put the files into a folder."""
        for path, text in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)

    def of(self, version: str) -> Script:
        """The lines for Helm 3 or Helm 4: those marked `3: ` or `4: ` for it, and those without a mark."""
        kept = [line.removeprefix(f"{version}: ") for line in self.lines]
        return replace(self, lines=tuple(line for line in kept if line[1:3] != ": "))


def scripts(file: Path) -> Iterator[Script]:
    """The scripts of a YAML file: `files` by path and, for each script, its lines."""
    document = yaml.safe_load(file.read_text())
    for name, text in document["scripts"].items():
        lines = tuple(line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))
        yield Script(name, lines, document.get("files") or {})


@contextmanager
def namespaces(kubectl: str, *wanted: tuple[str, Server]) -> Iterator[list[str]]:
    """Namespaces on servers, made before and deleted after without waiting; gives their names."""
    made = []
    try:
        for name, server in wanted:
            subprocess.run([kubectl, "--kubeconfig", server.kubeconfig, "create", "namespace", name], check=True, capture_output=True)
            made.append((name, server))
        yield [name for name, _ in made]
    finally:
        for name, server in made:
            words = [kubectl, "--kubeconfig", server.kubeconfig, "delete", "namespace", name, "--wait=false"]
            subprocess.run(words, check=True, capture_output=True)
