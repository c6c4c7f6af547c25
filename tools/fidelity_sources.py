"""What the fidelity page is made of, read from the code and the recorded answers: nothing here is written by hand.

`areas` and `by_kind` count recorded answers, `kinds` asks the tables of the code, `constants` and `refusals` read the source's syntax.
"""

from __future__ import annotations

import ast
import contextlib
import gzip
import json
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from pytest_helmsim.apiserver import cells, systemcells
from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.controllers import common, registry
from pytest_helmsim.apiserver.controllers.common import Settings, World
from pytest_helmsim.apiserver.controllers.events import Recorder
from pytest_helmsim.apiserver.controllers.images import Images
from pytest_helmsim.apiserver.controllers.index import ObjectIndex
from pytest_helmsim.chart import template_command
from pytest_helmsim.chart.errors import ChartError
from pytest_helmsim.chart.template_command import TemplateOptions
from pytest_helmsim.objects.flavour import FLAVOURS
from pytest_helmsim.objects.kinds import Resource
from pytest_helmsim.schema import defaults, validate
from pytest_helmsim.schema.catalog import Catalog
from pytest_helmsim.schema.model import Schema

ROOT = Path(__file__).resolve().parents[1]
RECORDED = ROOT / "tests" / "recorded"
PACKAGE = ROOT / "pytest_helmsim"
GroupKind = tuple[str, str]


def read(path: Path) -> Any:
    """A recorded file of any of our forms; a list for one with a row on each line."""
    data = path.read_bytes()
    name = path.name
    if name.endswith(".z"):
        data, name = zlib.decompress(data), name.removesuffix(".z")
    elif name.endswith(".gz"):
        data, name = gzip.decompress(data), name.removesuffix(".gz")
    return [json.loads(line) for line in data.splitlines()] if name.endswith("l") else json.loads(data)


@dataclass(frozen=True, slots=True)
class Area:
    """One folder of recorded answers; `touched` are the kinds behind its answers, as far as an answer has one."""

    name: str
    about: dict[str, str]
    answers: int
    touched: Counter[GroupKind]


def areas() -> list[Area]:
    """Every folder of tests/recorded that `about.json` knows."""
    result = []
    for name, about in read(RECORDED / "about.json").items():
        answers = list(_ANSWERS.get(name, _rows)(RECORDED / name))
        result.append(Area(name, about, len(answers), Counter(kind for kinds in answers for kind in kinds)))
    return result


def wrong_words() -> Iterator[str]:
    """What is wrong with `about.json`: folders that it does not know, files that it names and that are not there."""
    about = read(RECORDED / "about.json")
    for path in sorted(RECORDED.iterdir()):
        if path.is_dir() and path.name not in about:
            yield f"tests/recorded/about.json: say what is in {path.name}"
    for name, words in about.items():
        for file in (f"tests/recorded/{name}", words["recorder"], words["test"]):
            if not (ROOT / file).exists():
                yield f"tests/recorded/about.json: {file} is not there"


def _of_path(path: str) -> list[GroupKind]:
    match = re.match(r"/api(?:s/([^/]+))?/([^/]+)(?:/namespaces/[^/]+)?/([^/]+)", path)
    if match is None:
        return []
    group, version, plural = match[1] or "", match[2], match[3]
    found = _plural(group, version, plural) or (_plural(group, version, "namespaces") if "/namespaces/" in path else None)
    return [found] if found else []


def _plural(group: str, version: str, plural: str) -> GroupKind | None:
    found = Catalog.for_version().resource_for(group, version, plural)
    return (found.gvk.group, found.gvk.kind) if found else None


def _of_object(obj: dict[str, Any]) -> list[GroupKind]:
    group, _, _ = str(obj.get("apiVersion", "")).rpartition("/")
    return [(group, str(obj.get("kind", "")))]


def _named(kind: str) -> list[GroupKind]:
    return [(r.gvk.group, r.gvk.kind) for r in Catalog.for_version().resources() if kind in (r.gvk.kind, r.plural)][:1]


def _api(folder: Path) -> Iterator[list[GroupKind]]:
    for path in folder.glob("*.json.z"):
        yield from (_of_path(step["path"]) for step, *_ in read(path)["pairs"])


def _requests(folder: Path) -> Iterator[list[GroupKind]]:
    for path in folder.glob("*.json"):
        yield from (_of_object(row.get("request") or row.get("new") or {}) for row in read(path))


def _patches(folder: Path) -> Iterator[list[GroupKind]]:
    for path in folder.glob("*.jsonl.gz"):
        for life in read(path):
            group, _, kind = life["gvk"]
            yield from ([(group, kind)] for _ in life["steps"])
    for _ in read(folder / "three_way.json.gz")["triples"]:
        yield []


def _controllers(folder: Path) -> Iterator[list[GroupKind]]:
    for path in folder.glob("*.json"):
        for step in read(path):
            yield [kind for plural in {obj.get("plural", "") for obj in step} for kind in _named(plural)]


def _releases(folder: Path) -> Iterator[list[GroupKind]]:
    for path in folder.glob("*/*.json"):
        for step in read(path):
            yield [kind for name in {key.partition("/")[0] for key in step["changes"]} for kind in _named(name)]


def _faults(folder: Path) -> Iterator[list[GroupKind]]:
    for path in folder.glob("*.json"):
        yield from ([] for _ in read(path)["cases"])


def _scripts(folder: Path) -> Iterator[list[GroupKind]]:
    for path in folder.glob("*.json"):
        yield from ([] for steps in read(path).values() for _ in steps)


def _rows(folder: Path) -> Iterator[list[GroupKind]]:
    for path in folder.glob("*.json*"):
        yield from ([] for _ in read(path))


def _yaml(folder: Path) -> Iterator[list[GroupKind]]:
    yield from ([] for answers in read(folder / "answers.json").values() for _ in answers)


def _versions(folder: Path) -> Iterator[list[GroupKind]]:
    for path in folder.glob("*/*.json.z"):
        yield from ([] for _ in read(path)["pairs"])


def _rules(folder: Path) -> Iterator[list[GroupKind]]:
    for path in folder.glob("*.json.z"):
        yield from ([] for _ in read(path)["rows"])


def compared_versions() -> dict[str, tuple[str, int]]:
    """By minor version: the server that answered, and how many of its recorded answers are replayed."""
    found: dict[str, tuple[str, int]] = {}
    for path in sorted((RECORDED / "versions").glob("*/*.json.z")):
        recorded, minor = read(path), path.parent.name
        found[minor] = (recorded["server"], found.get(minor, ("", 0))[1] + len(recorded["pairs"]))
    return found


_ANSWERS = {
    "api": _api,
    "cel": _rules,
    "chart_commands": _scripts,
    "charts": _rows,
    "commands": _rows,
    "controllers": _controllers,
    "defaults": _requests,
    "expressions": _rows,
    "patch": _patches,
    "profiles": _scripts,
    "release_faults": _faults,
    "releases": _releases,
    "template": _rows,
    "validation": _requests,
    "versions": _versions,
    "webhooks": _api,
    "yaml": _yaml,
}


Step: TypeAlias = dict[str, Any]
FEATURES: dict[str, Callable[[Step, int], bool]] = {
    "create": lambda step, status: step["method"] == "POST" and not _subresource(step),
    "replace": lambda step, status: step["method"] == "PUT" and not _subresource(step),
    "strategic merge patch": lambda step, status: "strategic-merge-patch" in step["type"],
    "JSON merge patch": lambda step, status: step["type"] == "application/merge-patch+json",
    "JSON patch": lambda step, status: step["type"] == "application/json-patch+json",
    "server-side apply": lambda step, status: "apply-patch" in step["type"],
    "server-side apply with `force`": lambda step, status: "apply-patch" in step["type"] and "force=true" in step["query"],
    "delete": lambda step, status: step["method"] == "DELETE",
    "delete with a propagation policy": lambda step, status: step["method"] == "DELETE" and "propagationPolicy" in str(step),
    "dry run": lambda step, status: "dryRun" in step["query"],
    "`fieldValidation`": lambda step, status: "fieldValidation" in step["query"],
    "subresource `status`": lambda step, status: _subresource(step) == "status",
    "subresource `scale`": lambda step, status: _subresource(step) == "scale",
    "other subresources": lambda step, status: _subresource(step) not in ("", "status", "scale"),
    "get and list": lambda step, status: step["method"] == "GET",
    "label and field selectors": lambda step, status: "Selector=" in step["query"],
    "pages, `resourceVersion` of a list": lambda step, status: any(word in step["query"] for word in ("limit=", "resourceVersion=")),
    "watch": lambda step, status: "watch=" in step["query"],
    "Table": lambda step, status: "as=Table" in step["accept"],
    "PartialObjectMetadata": lambda step, status: "as=PartialObjectMetadata" in step["accept"],
    "not found (404)": lambda step, status: status == 404,
    "conflict (409)": lambda step, status: status == 409,
    "bad request (400)": lambda step, status: status == 400,
    "invalid (422)": lambda step, status: status == 422,
    "form not known (406, 415)": lambda step, status: status in (406, 415),
    "forbidden (403), method not allowed (405)": lambda step, status: status in (403, 405),
}
_VERBS = {
    "create": ("POST", ""),
    "update": ("PUT", ""),
    "apply": ("PATCH", "application/apply-patch+yaml"),
    "smp": ("PATCH", "application/strategic-merge-patch+json"),
    "merge": ("PATCH", "application/merge-patch+json"),
    "json": ("PATCH", "application/json-patch+json"),
}


def _subresource(step: Step) -> str:
    parts = re.sub(r"^/api(s/[^/]+)?/[^/]+/", "", step["path"]).split("/")
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in ("status", "finalize"):
        parts = parts[2:]
    return parts[2] if len(parts) > 2 else ""


def features() -> Counter[str]:
    """How many recorded answers of the API server use each feature; one answer may use several."""
    steps: list[tuple[Step, int]] = []
    for path in (RECORDED / "api").glob("*.json.z"):
        steps += [(step, answer["status"]) for step, answer in read(path)["pairs"]]
    for path in (RECORDED / "patch").glob("*.jsonl.gz"):
        for asked in (step for life in read(path) for step in life["steps"]):
            method, kind = _VERBS[asked["request"]["verb"]]
            query = "force=true" if asked["request"].get("force") else ""
            steps.append(({"method": method, "type": kind, "query": query, "path": ""}, asked["code"]))
    used: Counter[str] = Counter()
    for step, status in steps:
        whole = {"type": "", "query": "", "accept": "", **step}
        used.update(name for name, uses in FEATURES.items() if uses(whole, status))
    return used


def commands() -> dict[str, Counter[str]]:
    """Per program, how many different commands of each verb run on the real control plane and on ours."""
    result = {}
    for program in ("kubectl", "helm"):
        document = yaml.safe_load((ROOT / "tests" / "conformance" / f"{program}.yaml").read_text())
        lines = {line.strip() for text in document["scripts"].values() for line in text.splitlines()}
        result[program] = Counter(found[1] for line in lines if (found := re.match(rf"(?:[34]: )?{program} ([a-z-]+)", line)))
    return result


@dataclass(frozen=True, slots=True)
class Kind:
    """What the code has for one built-in kind of the newest compared version."""

    group: str
    name: str
    versions: tuple[str, ...]
    stored: bool
    """False for kinds that are only asked, such as TokenReview."""
    defaulted: int
    """How many types within it have a defaulting rule."""
    validated: bool
    controllers: tuple[str, ...]
    columns: tuple[str, ...]


def kinds(version: str) -> list[Kind]:
    """The built-in kinds of a version, those of one group and name together."""
    catalog = Catalog.for_version(version)
    found: dict[GroupKind, list[Resource]] = {}
    for resource in catalog.resources():
        found.setdefault((resource.gvk.group, resource.gvk.kind), []).append(resource)
    at_work = controllers_by_kind()
    return [
        Kind(
            group,
            name,
            tuple(resource.gvk.version for resource in resources),
            any("update" in resource.verbs for resource in resources),
            _defaulted(catalog.schema(resources[0].gvk)),
            validate.is_modelled(resources[0].gvk),
            at_work.get((group, name), ()),
            tuple(column.lstrip("+").partition(":")[0] for column in printer.columns)
            if (printer := {**cells.PRINTERS, **systemcells.PRINTERS}.get((group, resources[0].plural)))
            else (),
        )
        for (group, name), resources in sorted(found.items())
    ]


def _defaulted(schema: Schema | None) -> int:
    names: set[str] = set()
    left = [schema] if schema is not None else []
    seen: set[int] = set()
    while left:
        node = left.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        names.add(node.name)
        left += [part for part in (*(node.fields or {}).values(), node.items, node.values) if part is not None]
    return len(names & defaults.RULES.keys())


def controllers_by_kind() -> dict[GroupKind, tuple[str, ...]]:
    """Which controllers work on objects of a kind: those whose first or own key it is, not those that only watch it."""
    api = ApiServer(bootstrap=False).api
    world = World(api, Recorder(api), Images(), Settings(), ObjectIndex())
    result: dict[GroupKind, tuple[str, ...]] = {}
    for cls in registry.ALL:
        watched = cls(world).watches()
        for place, (kind, keys) in enumerate(watched.items()):
            if kind != common.EVERY_KIND and (place == 0 or keys is common.itself):
                result[kind] = (*result.get(kind, ()), cls.name)
    return result


def expressions_by_function() -> Counter[str]:
    """In how many recorded templates each name is used as a word of an action."""
    texts = [str(row["t"]) for path in (RECORDED / "expressions").glob("*.jsonl") for row in read(path)]
    texts += ["".join(text for _, text in files) for _, files, *_ in read(RECORDED / "template" / "language.json")]
    texts += [
        "".join(text or "" for text in case["files"].values()) for case in yaml.safe_load((RECORDED / "charts" / "cases.yaml").read_text())
    ]
    used: Counter[str] = Counter()
    for text in texts:
        actions = " ".join(re.findall(r"\{\{(.*?)\}\}", text, re.DOTALL))
        used.update(set(re.findall(r"(?<![.$\w])[A-Za-z]\w*", re.sub(r'"(?:\\.|[^"\\])*"|`[^`]*`', '""', actions))))
    return used


def missing_functions() -> dict[str, list[str]]:
    """Per Helm, the functions of the real program that our renderer refuses."""
    result = {}
    for flavour in FLAVOURS:
        left = set(read(RECORDED / "functions.json")[flavour])
        result[flavour] = sorted(name for name in left if not _parses([name], flavour)) if not _parses(sorted(left), flavour) else []
    return result


def _parses(names: list[str], flavour: Any) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "templates").mkdir()
        (Path(folder) / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
        text = "".join(f"{{{{ if false }}}}{{{{ {name} }}}}{{{{ end }}}}" for name in names)
        (Path(folder) / "templates" / "all.yaml").write_text(text)
        try:
            template_command.run(folder, TemplateOptions(flavour=flavour))
        except ChartError:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Refusal:
    """One place where the code says that it lacks something."""

    feature: str
    way_round: str
    file: str


def refusals() -> list[Refusal]:
    """Every `UnsupportedFeature(feature, way round)` in the package; what is filled in at run time is shown as `…`."""
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "UnsupportedFeature":
                feature, way_round = (_text(argument) for argument in node.args)
                found.add(Refusal(feature, way_round, path.relative_to(ROOT).as_posix()))
    return sorted(found, key=lambda refusal: (refusal.file, refusal.feature))


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "…"


def constants(name: str) -> list[tuple[str, str]]:
    """(file, sentence) of each module-level tuple of that name in the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text()
        if name not in text:
            continue
        for node in ast.parse(text).body:
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0] if isinstance(node, ast.Assign) else None
            if isinstance(target, ast.Name) and target.id == name and isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                found += [(path.relative_to(ROOT).as_posix(), sentence) for sentence in ast.literal_eval(node.value)]
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """Answers that a test expects to differ from the recorded ones, and why. `touched` are the kinds behind them."""

    test: str
    reason: str
    answers: int
    touched: Counter[GroupKind]


def known_differences() -> list[Difference]:
    """What stands in the tables `DIFFERENT` (recorded file -> number -> reason) and `GAPS` (scenario -> reason) of the tests."""
    found: dict[tuple[str, str], Counter[GroupKind]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        test, values = path.relative_to(ROOT).as_posix(), _simple_values(path)
        for name, rows in values.get("DIFFERENT", {}).items():
            pairs = read(RECORDED / "api" / f"{name}.json.z")["pairs"]
            for number, reason in rows.items():
                found.setdefault((test, reason), Counter()).update(_of_path(pairs[number][0]["path"]))
        for reason in values.get("GAPS", {}).values():
            found.setdefault((test, reason), Counter()).update([("", "")])
    return [Difference(test, reason, touched.total(), touched) for (test, reason), touched in sorted(found.items())]


def _simple_values(path: Path) -> dict[str, Any]:
    """The module's constants that are made of literals, other constants and `dict` alone."""
    values: dict[str, Any] = {"dict": dict, "__builtins__": {}}
    for node in ast.parse(path.read_text()).body:
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            with contextlib.suppress(NameError, TypeError, AttributeError, KeyError):
                values[target.id] = eval(compile(ast.Expression(node.value), str(path), "eval"), values)
    return values
