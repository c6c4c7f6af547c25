"""`helm lint`: what is wrong with a chart, rule by rule, without a cluster.

`lint(path, values)` gives messages in Helm's order: Chart.yaml, values.yaml, templates, dependencies, and in [4] crds.

Source: helm.sh/helm pkg/chart/v2/lint ([4]), pkg/lint ([3]).
"""

from __future__ import annotations

import os
import posixpath
import re
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from pytest_helmsim.chart import chart_yaml, dependencies, deprecations, loader, render, values_schema
from pytest_helmsim.chart import values as chart_values
from pytest_helmsim.chart.capabilities import Capabilities
from pytest_helmsim.chart.dependency_list import STRICT_VERSION
from pytest_helmsim.chart.errors import ChartError, InvalidChart, SchemaError
from pytest_helmsim.chart.model import Chart, Metadata
from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.flavour import HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.template.functions.versions import Version, VersionError
from pytest_helmsim.template.values import go_type

_CRD_HOOK_SEARCH = re.compile(rb'"?helm\.sh/hook"?:[\t\n\f\r ]+crd-install')
_CRD_HOOK: Final = (
    "manifest is a crd-install hook. This hook is no longer supported in v3 and all CRDs should also exist the crds/ directory at the "
    "top level of the chart"
)
_RELEASE_TIME: Final = ".Release.Time has been removed in v3, please replace with the `now` function in your templates"
Severity: TypeAlias = Literal["INFO", "WARNING", "ERROR"]
_EXTENSIONS: Final = (".yaml", ".yml", ".tpl", ".txt")
_SELECTING: Final = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN_RULE: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_LABEL_1035_RULE: Final = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an "
    "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_LABEL_RULE: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric "
    "character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


@dataclass(frozen=True, slots=True)
class Message:
    """One finding."""

    severity: Severity
    path: str
    text: str

    def __str__(self) -> str:
        return f"[{self.severity}] {self.path}: {self.text}"


@dataclass(slots=True)
class _Linter:
    """The findings so far. `rule` notes a problem, and says whether there was none."""

    folder: str
    flavour: Flavour
    messages: list[Message] = field(default_factory=list)

    def rule(self, severity: Severity, path: str, problem: str) -> bool:
        if problem:
            self.messages.append(Message(severity, path, problem))
        return not problem


def lint(
    path: str,
    values: JsonObject | None = None,
    *,
    namespace: str = "default",
    kube_version: str = "",
    skip_schema_validation: bool = False,
    flavour: Flavour = HELM4,
) -> list[Message]:
    """Every message for the chart in the directory `path`; InvalidChart where there is no Chart.yaml at all."""
    chart_file = os.path.normpath(os.path.join(path, "Chart.yaml"))
    if not os.path.exists(chart_file):
        raise InvalidChart(f"unable to check Chart.yaml file in chart: stat {chart_file}: no such file or directory")
    linter = _Linter(os.path.abspath(path), flavour)
    capabilities = Capabilities.default(flavour)
    if kube_version:
        capabilities = capabilities.with_kube_version(kube_version)
    given = values or {}
    _chart_file(linter)
    _values_file(linter, given, skip_schema_validation and flavour == HELM4)
    _templates(linter, given, namespace, capabilities, skip_schema_validation)
    _dependencies(linter)
    if flavour == HELM4:
        _crds(linter)
    return linter.messages


def _chart_file(linter: _Linter) -> None:
    name = "Chart.yaml"
    path = Path(linter.folder) / name
    linter.rule("ERROR", name, "should be a file, not a directory" if path.is_dir() else "")
    metadata = Metadata()
    try:
        data = path.read_bytes()
        chart_yaml.read_metadata(data, metadata, name)
    except (InvalidChart, OSError) as error:
        linter.rule("ERROR", name, f"unable to parse YAML\n\t{str(error).removeprefix('cannot load Chart.yaml: ')}")
        return
    raw = yamlio.load_map(data)
    if linter.flavour == HELM4:
        linter.rule("WARNING", name, _strict_problem(data, raw))
    linter.rule("ERROR", name, _name_problem(metadata.name))
    linter.rule("ERROR", name, _api_version_problem(metadata.api_version))
    linter.rule("ERROR", name, _type_problem(raw, "version"))
    linter.rule("ERROR", name, _version_problem(metadata.version))
    linter.rule("ERROR", name, _type_problem(raw, "appVersion"))
    linter.rule("ERROR", name, _maintainer_problem(metadata))
    linter.rule("ERROR", name, next((f"invalid source URL '{each}'" for each in metadata.sources or () if not _is_url(each)), ""))
    linter.rule("INFO", name, "" if metadata.icon else "icon is recommended")
    linter.rule("ERROR", name, f"invalid icon URL '{metadata.icon}'" if metadata.icon and not _is_url(metadata.icon) else "")
    old = metadata.api_version != "v2"
    linter.rule(
        "ERROR",
        name,
        f"chart type is not valid in apiVersion '{metadata.api_version}'. It is valid in apiVersion 'v2'" if metadata.type and old else "",
    )
    problem = f"dependencies are not valid in the Chart file with apiVersion '{metadata.api_version}'. They are valid in apiVersion 'v2'"
    linter.rule("ERROR", name, problem if metadata.dependencies and old else "")
    if linter.flavour == HELM4 and not STRICT_VERSION.fullmatch(metadata.version):
        linter.rule("WARNING", name, f"version '{metadata.version}' is not a valid SemVerV2")


def _strict_problem(data: bytes, raw: JsonObject) -> str:
    """[4]: keys given twice, and keys that Chart.yaml does not know."""
    known = {
        "name", "home", "sources", "version", "description", "keywords", "maintainers", "icon", "apiversion", "condition", "tags",
        "appversion", "deprecated", "annotations", "kubeversion", "dependencies", "type",
    }  # fmt: skip
    problem = ""
    try:
        yamlio.load(data, strict=True)
    except yamlio.YamlError as error:
        problem = str(error)
    unknown = [key for key in raw if key.lower() not in known]
    if not problem and unknown:
        problem = f'error unmarshaling JSON: while decoding JSON: json: unknown field "{unknown[0]}"'
    return f"failed to strictly parse chart metadata file\n\t{problem}" if problem else ""


def _name_problem(name: str) -> str:
    if not name:
        return "name is required"
    return f'chart name "{name}" is invalid' if posixpath.basename(name) != name else ""


def _api_version_problem(version: str) -> str:
    if not version:
        return 'apiVersion is required. The value must be either "v1" or "v2"'
    return "" if version in ("v1", "v2") else f'apiVersion \'{version}\' is not valid. The value must be either "v1" or "v2"'


def _type_problem(raw: JsonObject, key: str) -> str:
    if key not in raw or isinstance(raw[key], str):
        return ""
    return f"{key} should be of type string but it's of type {go_type(raw[key])}"


def _version_problem(text: str) -> str:
    if not text:
        return "version is required"
    try:
        version = Version.parse(text)
    except VersionError:
        return f"version '{text}' is not a valid SemVer"
    return f'version "{version}" is less than or equal to "0.0.0-0"' if version.compare(Version.parse("0.0.0-0")) <= 0 else ""


def _maintainer_problem(metadata: Metadata) -> str:
    for each in metadata.maintainers or ():
        if each is None:
            return "a maintainer entry is empty"
        if not each.name:
            return "each maintainer requires a name"
        if each.email and not _EMAIL.fullmatch(each.email):
            return f"invalid email '{each.email}' for maintainer '{each.name}'"
        if each.url and not _is_url(each.url if "://" in each.url else f"http://{each.url}"):
            return f"invalid url '{each.url}' for maintainer '{each.name}'"
    return ""


def _is_url(text: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme)


def _values_file(linter: _Linter, values: JsonObject, skip_schema: bool) -> None:
    name = "values.yaml"
    path = Path(linter.folder) / name
    if not linter.rule("INFO", name, "" if path.exists() else "file does not exist"):
        return
    try:
        defaults = yamlio.load_map(path.read_bytes())
    except yamlio.YamlError as error:
        linter.rule("ERROR", name, f"unable to parse YAML: {error}")
        return
    schema = path.with_name("values.schema.json")
    if schema.is_file() and schema.stat().st_size and not skip_schema:
        merged = chart_values.coalesce_tables(chart_values.coalesce_tables({}, values), defaults)
        linter.rule("ERROR", name, values_schema.check(merged, schema.read_bytes()))


def _templates(linter: _Linter, values: JsonObject, namespace: str, capabilities: Capabilities, skip_schema: bool) -> None:
    place = "templates/"
    folder = Path(linter.folder) / "templates"
    missing = linter.flavour == HELM4 and not folder.exists()
    if not linter.rule("WARNING", place, "directory does not exist" if missing else ""):
        return
    if not linter.rule("ERROR", place, "not a directory" if folder.exists() and not folder.is_dir() else ""):
        return
    try:
        chart = loader.load_directory(linter.folder, flavour=linter.flavour, check_version=False)
    except ChartError as error:
        linter.rule("ERROR", place, str(error))
        return
    try:
        processed = dependencies.process(chart, values, linter.flavour)
        merged = chart_values.coalesce(processed, values, flavour=linter.flavour)
    except ChartError:
        return
    try:
        if not skip_schema:
            values_schema.validate(processed, merged, flavour=linter.flavour)
        files = render.render_files(
            processed,
            merged,
            release=render.ReleaseInfo("test-release", namespace, 0, False, False),
            capabilities=capabilities,
            flavour=linter.flavour,
            lint=True,
        )
    except (SchemaError, ChartError) as error:
        linter.rule("ERROR", place, str(error))
        return
    minor = int(capabilities.kube_version.minor)
    for template in processed.templates:
        extension = posixpath.splitext(template.name)[1]
        problem = f"file extension '{extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt"
        linter.rule("ERROR", template.name, "" if extension in _EXTENSIONS else problem)
        if linter.flavour != HELM4:
            linter.rule("WARNING", template.name, _CRD_HOOK if _CRD_HOOK_SEARCH.search(template.data) else "")
            linter.rule("ERROR", template.name, _RELEASE_TIME if b".Release.Time" in template.data else "")
        if not (extension.lower() in (".yaml", ".yml") if linter.flavour == HELM4 else extension == ".yaml"):
            continue
        text = files.get(posixpath.normpath(f"{processed.name}/{template.name}"), "")
        if text.strip() and not _check_objects(linter, template.name, text, minor):
            return


def _check_objects(linter: _Linter, name: str, text: str, minor: int) -> bool:
    """The rules for one rendered file; false when it is no YAML, which ends the linting of templates."""
    first = next(line for line in text.split("\n") if line.strip())
    quoted = '"' + first.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'
    indent = f"document starts with an illegal indent: {quoted}, which may cause parsing problems"
    linter.rule("WARNING", name, indent if first[0] in " \t" else "")
    try:
        documents = yamlio.load_all(text)
    except yamlio.YamlError as error:
        return linter.rule("ERROR", name, f"unable to parse YAML: {error}")
    for document in documents:
        if not isinstance(document, dict):
            continue
        kind, metadata = document.get("kind") or "", document.get("metadata") or {}
        object_name = metadata.get("name") or "" if isinstance(metadata, dict) else ""
        linter.rule("WARNING", name, _object_name_problem(str(kind), str(object_name)))
        linter.rule("WARNING", name, deprecations.warning(str(document.get("apiVersion") or ""), str(kind), minor))
        if kind in _SELECTING and "matchLabels" not in text and "matchExpressions" not in text:
            linter.rule("ERROR", name, f'a {kind} must contain matchLabels or matchExpressions, and "{object_name}" does not')
        if kind == "List" and _keeps_items(document):
            word = "annotation" if linter.flavour == HELM4 else "Annotation"
            linter.rule("ERROR", name, f"{word} 'helm.sh/resource-policy' within List objects are ignored")
    return True


def _keeps_items(document: JsonObject) -> bool:
    items: Any = document.get("items") or []
    return any("helm.sh/resource-policy" in (((each or {}).get("metadata") or {}).get("annotations") or {}) for each in items)


def _object_name_problem(kind: str, name: str) -> str:
    folded = kind.lower()
    reasons: list[str] = []
    if folded == "certificatesigningrequest":
        return ""
    if folded in ("role", "clusterrole", "rolebinding", "clusterrolebinding"):
        if name in (".", ".."):
            reasons.append(f"may not be '{name}'")
        reasons.extend(f"may not contain '{each}'" for each in "/%" if each in name)
    elif folded == "service":
        reasons.extend(_length(name, 63))
        if not _LABEL_1035.fullmatch(name):
            reasons.append(_LABEL_1035_RULE)
    elif folded == "namespace":
        reasons.extend(_length(name, 63))
        if not _LABEL.fullmatch(name):
            reasons.append("must not contain dots" if _SUBDOMAIN.fullmatch(name) else _LABEL_RULE)
    else:
        reasons.extend(_length(name, 253))
        if not _SUBDOMAIN.fullmatch(name):
            reasons.append(_SUBDOMAIN_RULE)
    if not reasons:
        return ""
    problems = [f'metadata.name: Invalid value: "{name}": {reason}' for reason in reasons]
    shown = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
    return f'object name does not conform to Kubernetes naming requirements: "{name}": {shown}'


def _length(name: str, limit: int) -> list[str]:
    return [f"must be no more than {limit} bytes"] if len(name.encode()) > limit else []


def _dependencies(linter: _Linter) -> None:
    try:
        chart = loader.load_directory(linter.folder, flavour=linter.flavour, check_version=False)
    except ChartError as error:
        linter.rule("ERROR", "", f"unable to load chart\n\t{error}")
        return
    declared = [each.name for each in chart.metadata.dependencies or ()]
    present = [each.name for each in chart.dependencies]
    undeclared = ",".join(name for name in present if name not in declared)
    linter.rule("ERROR", linter.folder, f"chart metadata is missing these dependencies: {undeclared}" if undeclared else "")
    missing = ",".join(name for name in declared if name not in present)
    linter.rule("WARNING", linter.folder, f"chart directory is missing these dependencies: {missing}" if missing else "")


def _crds(linter: _Linter) -> None:
    folder = Path(linter.folder) / "crds"
    if not folder.exists():
        return
    if not linter.rule("ERROR", "crds/", "" if folder.is_dir() else "not a directory"):
        return
    try:
        chart: Chart = loader.load_directory(linter.folder, flavour=linter.flavour, check_version=False)
    except ChartError as error:
        linter.rule("ERROR", "crds/", str(error))
        return
    for _, file in chart.crds():
        try:
            documents = yamlio.load_all(file.text)
        except yamlio.YamlError as error:
            linter.rule("ERROR", file.name, f"unable to parse YAML: {error}")
            return
        for document in documents:
            if isinstance(document, dict):
                foreign = not str(document.get("apiVersion") or "").startswith("apiextensions.k8s.io")
                linter.rule("ERROR", file.name, "apiVersion is not in 'apiextensions.k8s.io'" if foreign else "")
                other = document.get("kind") != "CustomResourceDefinition"
                linter.rule("ERROR", file.name, "object kind is not 'CustomResourceDefinition'" if other else "")
