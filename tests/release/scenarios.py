"""Release scenarios as data, and two ways to run them: the real helm as a process, and our engine over a client.

A scenario names charts (files as text; a missing Chart.yaml is made up) and steps. A step is one of the operations with the
options of `release.options` (plus `chart`, `name`, `values`, `set`, `revision`), or a change outside Helm: `drift` (one
request by another manager), `record` (a stored record's status changed by hand), `sleep`.
After each step the whole state is taken: objects, records, history. What depends on the moment or the machine is masked.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pytest_helmsim.chart.values import Options as ValueOptions
from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError, NotFound
from pytest_helmsim.release.engine import Engine

HERE = Path(__file__).parent
FILES = HERE / "scenarios"
RECORDED = HERE.parent / "recorded" / "releases"
FLAVOURS = ("helm3", "helm4")

OPERATIONS = ("install", "upgrade", "rollback", "uninstall", "test")
PREFIX = {"install": "INSTALLATION FAILED: ", "upgrade": "UPGRADE FAILED: "}


@dataclass(frozen=True)
class Scenario:
    """One scenario for one flavour, in a namespace of its own."""

    name: str
    flavour: str
    charts: dict[str, dict[str, str]]
    steps: list[dict[str, Any]]

    @property
    def namespace(self) -> str:
        return f"{self.flavour}-{self.name}"

    @property
    def recording(self) -> Path:
        return RECORDED / self.flavour / f"{self.name}.json"


def load() -> Iterator[Scenario]:
    """All scenarios of all files for each flavour, in the order of the files."""
    for file in sorted(FILES.glob("*.yaml")):
        document = yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        shared = document.get("charts") or {}
        for name, body in document["scenarios"].items():
            charts = {**shared, **(body.get("charts") or {})}
            for flavour in body.get("flavours") or FLAVOURS:
                yield Scenario(name, flavour, charts, body["steps"])


def write_charts(scenario: Scenario, place: Path) -> None:
    """The charts as folders; `base` copies another chart's files first."""
    for name, files in scenario.charts.items():
        whole = {**scenario.charts.get(files.get("base", ""), {}), **files}
        whole.pop("base", None)
        whole.setdefault("Chart.yaml", "apiVersion: v2\nname: app\nversion: 0.1.0\n")
        for path, text in whole.items():
            target = place / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)


@dataclass(frozen=True)
class Answer:
    """How a step ended: whether it succeeded, and Helm's error text."""

    ok: bool
    error: str = ""


class Ours:
    """Our engine."""

    def __init__(self, client: Client, scenario: Scenario, charts: Path) -> None:
        self.engine = Engine(client, flavour=scenario.flavour, namespace=scenario.namespace)  # type: ignore[arg-type]
        self.charts = charts

    def run(self, operation: str, options: dict[str, Any]) -> Answer:
        options = dict(options)
        name = options.pop("name", "app")
        values = self._values(options)
        chart = options.pop("chart", None)
        arguments: list[Any] = [name]
        if operation in ("install", "upgrade"):
            arguments += [self.charts / str(chart), values]
        if operation == "rollback":
            arguments.append(options.pop("revision", 0))
        try:
            getattr(self.engine, operation)(*arguments, **options)
        except HelmsimError as error:
            prefix = "" if options.get("install") and self._installs(name) else PREFIX.get(operation, "")
            return Answer(False, prefix + str(error))
        return Answer(True)

    def _installs(self, name: str) -> bool:
        """Whether `upgrade --install` is an install, or fails before that is known."""
        try:
            return self.engine.needs_install(name)
        except HelmsimError:
            return True

    def _values(self, options: dict[str, Any]) -> Any:
        files = []
        values = options.pop("values", None)
        if values is not None:
            file = self.charts / "values-of-step.yaml"
            file.write_text(json.dumps(values))
            files.append(str(file))
        return ValueOptions(files=tuple(files), set=tuple(options.pop("set", ()))).merge(flavour=self.engine.flavour)


COMMON_FLAGS: dict[str, str] = {
    "wait_for_jobs": "--wait-for-jobs",
    "no_hooks": "--no-hooks",
    "skip_crds": "--skip-crds",
    "create_namespace": "--create-namespace",
    "replace": "--replace",
    "install": "--install",
    "take_ownership": "--take-ownership",
    "force_conflicts": "--force-conflicts",
    "reuse_values": "--reuse-values",
    "reset_values": "--reset-values",
    "reset_then_reuse_values": "--reset-then-reuse-values",
    "cleanup_on_fail": "--cleanup-on-fail",
    "keep_history": "--keep-history",
    "ignore_not_found": "--ignore-not-found",
    "hide_secret": "--hide-secret",
    "skip_schema_validation": "--skip-schema-validation",
    "disable_openapi_validation": "--disable-openapi-validation",
}
FLAGS = {
    "helm3": {**COMMON_FLAGS, "atomic": "--atomic", "force": "--force", "wait": "--wait"},
    "helm4": {**COMMON_FLAGS, "atomic": "--rollback-on-failure", "force": "--force-replace"},
}
VALUED = {"timeout": "--timeout", "description": "--description", "history_max": "--history-max", "cascade": "--cascade"}


class Real:
    """The real helm of one flavour, as a process."""

    def __init__(self, binary: str, kubeconfig: str, scenario: Scenario, charts: Path) -> None:
        self.binary, self.kubeconfig, self.scenario, self.charts = binary, kubeconfig, scenario, charts
        self.flavour = scenario.flavour

    def run(self, operation: str, options: dict[str, Any]) -> Answer:
        done = subprocess.run(
            self.command(operation, dict(options)),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.charts), "KUBECONFIG": self.kubeconfig},
        )
        if done.returncode == 0:
            return Answer(True)
        return Answer(False, done.stderr.partition("Error: ")[2].removesuffix("\n") if "Error: " in done.stderr else done.stderr)

    def command(self, operation: str, options: dict[str, Any]) -> list[str]:
        words = [self.binary, operation, options.pop("name", "app"), "--namespace", self.scenario.namespace]
        chart, revision = options.pop("chart", None), options.pop("revision", None)
        if chart is not None:
            words.insert(3, str(self.charts / chart))
        if revision is not None:
            words.insert(3, str(revision))
        values = options.pop("values", None)
        if values is not None:
            file = self.charts / "values-of-step.yaml"
            file.write_text(json.dumps(values))
            words += ["--values", str(file)]
        for text in options.pop("set", ()):
            words += ["--set", text]
        for key, value in options.items():
            words += self._flag(operation, key, value)
        return words

    def _flag(self, operation: str, key: str, value: Any) -> list[str]:
        if key in VALUED:
            return [f"{VALUED[key]}={value}"]
        if key == "labels":
            return ["--labels", ",".join(f"{name}={text}" for name, text in value.items())]
        if key == "server_side":
            return [f"--server-side={str(value).lower()}"]
        if key == "dry_run":
            if operation == "uninstall" or (operation == "rollback" and self.flavour == "helm3"):
                return ["--dry-run"]
            return [f"--dry-run={value}"]
        if key == "wait" and self.flavour == "helm4":
            return [f"--wait={'watcher' if value is True else value}"] if value else []
        return [FLAGS[self.flavour][key]] if value else []


class Mixed:
    """Step by step another of two runners: each reads what the other one wrote."""

    def __init__(self, *runners: Ours | Real) -> None:
        self.runners = runners
        self.count = 0

    def run(self, operation: str, options: dict[str, Any]) -> Answer:
        self.count += 1
        return self.runners[(self.count - 1) % len(self.runners)].run(operation, options)


def run(scenario: Scenario, runner: Ours | Real | Mixed, client: Client) -> list[dict[str, Any]]:
    """The scenario's history: for each step how it ended, and what changed in the state."""
    if not any(step.get("install", {}).get("create_namespace") for step in scenario.steps[:1] if "install" in step):
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": scenario.namespace}})
    before: dict[str, Any] = {}
    history = []
    for step in scenario.steps:
        (kind, options), *_ = step.items()
        answer = runner.run(kind, options or {}) if kind in OPERATIONS else outside(client, scenario, kind, options)
        after = snapshot(client, scenario)
        changes = {key: after.get(key) for key in sorted({*before, *after}) if before.get(key) != after.get(key)}
        entry: dict[str, Any] = {"step": kind, "ok": answer.ok}
        if answer.error:
            entry["error"] = mask_text(answer.error, scenario)
        history.append({**entry, "changes": changes})
        before = after
    return history


def outside(client: Client, scenario: Scenario, kind: str, options: dict[str, Any]) -> Answer:
    """A change that is none of Helm's."""
    try:
        return OUTSIDE[kind](client, scenario, options)
    except ApiError as error:
        return Answer(False, str(error))


def drift(client: Client, scenario: Scenario, options: dict[str, Any]) -> Answer:
    """One request by somebody else: `create`, `delete`, or a `patch` of some `type`."""
    manager = options.get("manager", "kubectl-edit")
    if "create" in options:
        client.create(options["create"], scenario.namespace, field_manager=manager)
        return Answer(True)
    kind, _, name = options["object"].partition("/")
    if options.get("delete"):
        client.delete(kind, name, scenario.namespace, propagation="Background")
        return Answer(True)
    if "apply" in options:
        gvk = client.resource_for(kind).gvk
        body = {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": {"name": name}, **options["apply"]}
        client.apply(body, scenario.namespace, field_manager=manager, force=True)
        return Answer(True)
    content = {"json": "json-patch+json", "merge": "merge-patch+json", "strategic": "strategic-merge-patch+json"}
    client.patch(
        kind,
        name,
        options["patch"],
        scenario.namespace,
        content_type=f"application/{content[options.get('type', 'strategic')]}",
        field_manager=manager,
        subresource=options.get("subresource", ""),
    )
    return Answer(True)


def edit_record(client: Client, scenario: Scenario, options: dict[str, Any]) -> Answer:
    """Change a stored record by hand: its `status`, or the text of its `manifest`; or break it."""
    name = f"sh.helm.release.v1.{options.get('name', 'app')}.v{options['version']}"
    found = client.get("Secret", name, scenario.namespace)
    if "data" in options:
        patch: dict[str, Any] = {"data": {"release": options["data"]}}
    else:
        document = decode_record(found)
        if "status" in options:
            document["info"]["status"] = options["status"]
        for old, new in (options.get("replace") or {}).items():
            document["manifest"] = document["manifest"].replace(old, new)
        text = base64.b64encode(gzip.compress(json.dumps(document).encode()))
        patch = {"data": {"release": base64.b64encode(text).decode()}}
        if "status" in options:
            patch["metadata"] = {"labels": {"status": options["status"]}}
    client.patch("Secret", name, patch, scenario.namespace, content_type="application/merge-patch+json")
    return Answer(True)


OUTSIDE: dict[str, Callable[[Client, Scenario, Any], Answer]] = {"drift": drift, "record": edit_record}


def decode_record(secret: dict[str, Any]) -> dict[str, Any]:
    data = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    document: dict[str, Any] = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    return document


KINDS = (
    "ConfigMap", "Secret", "Service", "ServiceAccount", "Pod", "PersistentVolumeClaim", "Deployment.apps", "StatefulSet.apps",
    "DaemonSet.apps", "Job.batch", "CronJob.batch", "Ingress.networking.k8s.io", "Role.rbac.authorization.k8s.io",
    "PodDisruptionBudget.policy", "NetworkPolicy.networking.k8s.io", "Widget.example.com",
)  # fmt: skip
BUILTIN_NAMES = {"kube-root-ca.crt"}


def snapshot(client: Client, scenario: Scenario) -> dict[str, Any]:
    """Every object of the namespace (records decoded), masked; the namespace's labels; the scenario's CRDs."""
    state: dict[str, Any] = {}
    try:
        namespace = client.get("Namespace", scenario.namespace)
    except NotFound:
        return state
    state["Namespace"] = {key: value for key, value in namespace["metadata"].get("labels", {}).items() if "kubernetes.io" not in key}
    for kind in KINDS:
        if kind == "Widget.example.com" and not any("crds/widget.yaml" in files for files in scenario.charts.values()):
            continue
        try:
            found = client.list(kind, scenario.namespace)
        except (NotFound, HelmsimError):
            continue
        for obj in found:
            meta = obj["metadata"]
            if (
                meta["name"] in BUILTIN_NAMES
                or meta.get("ownerReferences")
                or (obj["kind"] == "ServiceAccount" and meta["name"] == "default")
            ):
                continue
            if obj.get("type") == "helm.sh/release.v1":
                state[f"record {meta['name'].removeprefix('sh.helm.release.v1.')}"] = masked_record(obj, scenario)
            else:
                state[f"{obj['kind']}/{meta['name']}"] = masked_object(obj, scenario)
    return state


MASKED_METADATA = ("uid", "resourceVersion", "creationTimestamp", "generation", "selfLink")
MASKED_NUMBERS = ("clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort", "controller-uid", "batch.kubernetes.io/controller-uid")
_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_VERSION = re.compile(r'(resourceVersion\\*":\\*")\d+')
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def masked_object(obj: dict[str, Any], scenario: Scenario) -> Any:
    """Without status and what the server makes up; managed fields as sorted lines, those of controllers left out."""
    meta = {
        key: value for key, value in obj["metadata"].items() if key not in (*MASKED_METADATA, "managedFields", "namespace", "annotations")
    }
    annotations = {
        key: value for key, value in (obj["metadata"].get("annotations") or {}).items() if not key.startswith("deployment.kubernetes")
    }
    if annotations:
        meta["annotations"] = annotations
    owners = sorted(
        f"{entry['manager']} {entry['operation']} {entry.get('subresource', '')} {entry['apiVersion']} "
        + json.dumps(entry.get("fieldsV1"), sort_keys=True, separators=(",", ":"))
        for entry in obj["metadata"].get("managedFields") or []
        if entry["manager"] != "kube-controller-manager" and entry.get("subresource") != "status"
    )
    body = {key: value for key, value in obj.items() if key not in ("metadata", "status", "apiVersion", "kind")}
    return json.loads(mask_text(json.dumps({"metadata": meta, **_mask(body), "owners": owners}), scenario))


def _mask(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "*" if key in MASKED_NUMBERS and item not in ("None", "") else _mask(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mask(item) for item in value]
    return value


def masked_record(secret: dict[str, Any], scenario: Scenario) -> Any:
    """The decoded record and its labels, times masked, the chart by what it consists of."""
    labels = {key: "*" if key.endswith("At") else value for key, value in secret["metadata"]["labels"].items()}
    try:
        document = decode_record(secret)
    except ValueError:
        return {"labels": labels, "record": "cannot be decoded"}
    chart = document.get("chart")
    if chart:
        document["chart"] = {
            key: sorted(file["name"] for file in value or []) if key in ("templates", "files") else value for key, value in chart.items()
        }
        if "modtime" in chart:
            document["chart"]["modtime"] = "*"
    return json.loads(mask_text(json.dumps({"labels": labels, **document}), scenario))


def mask_text(text: str, scenario: Scenario) -> str:
    """Times and generated names in any text."""
    text = _VERSION.sub(r"\1*", _UID.sub("UID", _TIME.sub("*", text)))
    return re.sub(r"/[^ :\"]*/(charts|helmsim-charts)[^ /:\"]*/", "CHARTS/", text)


def temporary_charts(scenario: Scenario) -> tempfile.TemporaryDirectory[str]:
    """A folder that holds the scenario's charts while it is open."""
    folder = tempfile.TemporaryDirectory(prefix="helmsim-charts-")
    write_charts(scenario, Path(folder.name))
    return folder


def clean(client: Client, scenario: Scenario) -> None:
    """Take the scenario's namespace and definitions away."""
    for kind in KINDS:
        try:
            for obj in client.list(kind, scenario.namespace):
                if obj["metadata"].get("finalizers"):
                    patch = {"metadata": {"finalizers": None}}
                    client.patch(kind, obj["metadata"]["name"], patch, scenario.namespace, content_type="application/merge-patch+json")
        except (ApiError, HelmsimError):
            continue
    definitions = GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
    for obj in client.list(definitions):
        if obj["spec"]["group"] == "example.com":
            client.delete(definitions, obj["metadata"]["name"])
    client.resources.invalidate()
    try:
        client.delete("Namespace", scenario.namespace)
    except NotFound:
        return


def await_gone(client: Client, scenario: Scenario) -> None:
    """Until the namespace is really gone, so that its name can be used again."""
    for _ in range(300):
        try:
            client.get("Namespace", scenario.namespace)
        except NotFound:
            return
        client.clock.sleep(0.1)
    raise RuntimeError(f"namespace {scenario.namespace} does not go away")
