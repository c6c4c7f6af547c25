"""A chart and its values to manifests, hooks, notes and CRDs: Helm's engine over our templates.

`render(chart, values, …)` does what an install does before it speaks to the cluster: dependencies are processed by the caller
(`dependencies.process`), then values are coalesced and checked against schemas, templates rendered, the output split and sorted.

Source: helm.sh/helm pkg/engine/engine.go, pkg/action/action.go renderResources, pkg/chart*/…/values.go ToRenderValues.
"""

from __future__ import annotations

import contextlib
import logging
import marshal
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_helmsim.chart import dependencies, manifests, render_errors, scope, values_schema
from pytest_helmsim.chart import values as chart_values
from pytest_helmsim.chart.capabilities import Capabilities
from pytest_helmsim.chart.errors import RenderError
from pytest_helmsim.chart.manifests import Hook, Manifest
from pytest_helmsim.chart.model import Chart, File
from pytest_helmsim.objects import collector
from pytest_helmsim.objects import json as plain
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.template.environment import Environment, Template
from pytest_helmsim.template.errors import FunctionError, LimitExceeded, ParseError, TemplateError, Unplaced
from pytest_helmsim.template.functions import FUNCTIONS, HELM_4_ONLY
from pytest_helmsim.template.limits import Limits
from pytest_helmsim.template.quoting import quote
from pytest_helmsim.template.signatures import Function, Layered, define
from pytest_helmsim.template.values import Value

if TYPE_CHECKING:
    from pytest_helmsim.chart.jinja import Templates
    from pytest_helmsim.template.tracing import Trace

NOTES: Final = "NOTES.txt"
MAX_INCLUDES: Final = 1000
MAX_TEXTS: Final = 500
_LIMITS: Final = Limits()
_JINJA: Final = ".j2"
_log = logging.getLogger(__name__)

Lookup = Callable[[str, str, str, str], JsonObject]
"""`lookup apiVersion kind namespace name`: the object, a list without a name, or an empty map."""


class ReleaseInfo(NamedTuple):
    """What templates see as `.Release`."""

    name: str = "release-name"
    namespace: str = "default"
    revision: int = 1
    is_install: bool = True
    is_upgrade: bool = False


_FIRST: Final = ReleaseInfo()


@dataclass(frozen=True, slots=True)
class Rendered:
    """What rendering gives. `manifest` is the text that a release record stores; `files` is every template's output by path."""

    manifests: list[Manifest] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    notes: str = ""
    crds: list[tuple[str, File]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    values: JsonObject = field(default_factory=dict)

    @property
    def manifest(self) -> str:
        return manifests.join(self.manifests)


def render(
    chart: Chart,
    values: JsonObject | None = None,
    *,
    release: ReleaseInfo = _FIRST,
    capabilities: Capabilities | None = None,
    lookup: Lookup | None = None,
    begin: Callable[[], Lookup | None] | None = None,
    flavour: Flavour = HELM4,
    subchart_notes: bool = False,
    skip_schema_validation: bool = False,
    functions: Mapping[str, Function] | None = None,
    limits: Limits = _LIMITS,
    traces: dict[str, Trace] | None = None,
) -> Rendered:
    """Render a chart whose dependencies are processed; raise ChartError with Helm's words.

    `begin`, called once the values are known to be good, may refuse and gives `lookup`.
    `functions` are added to the table (`getHostByName`, say, when DNS is allowed). `traces` is filled with where each file's text came
    from, which takes time.
    """
    capabilities = capabilities or Capabilities.default(flavour)
    with collector.paused():
        merged = chart_values.coalesce(chart, values, flavour=flavour)
        if not skip_schema_validation:
            values_schema.validate(chart, merged, flavour=flavour)
        if begin is not None:
            lookup = begin()
        check_kube_version(chart, capabilities)
        files = render_files(
            chart,
            merged,
            release=release,
            capabilities=capabilities,
            lookup=lookup,
            flavour=flavour,
            functions=functions,
            limits=limits,
            traces=traces,
        )
        notes = _take_notes(chart, files, subchart_notes)
        hooks, sorted_manifests = manifests.sort(files, flavour)
    return Rendered(sorted_manifests, hooks, notes, list(chart.crds()), files, merged)


def check_kube_version(chart: Chart, capabilities: Capabilities) -> None:
    """Refuse a chart whose `kubeVersion` leaves the cluster's out."""
    constraint = chart.metadata.kube_version
    kube = capabilities.kube_version
    if constraint and not dependencies.is_compatible(constraint, kube.normal):
        raise RenderError(f"chart requires kubeVersion: {constraint} which is incompatible with Kubernetes {kube.version}")


def _take_notes(chart: Chart, files: dict[str, str], subchart_notes: bool) -> str:
    """Remove everything called NOTES.txt from the files; the root's text, or all of them joined."""
    own = posixpath.join(chart.name, "templates", NOTES)
    parts = []
    for path in [path for path in files if path.endswith(NOTES)]:
        text = files.pop(path)
        if subchart_notes or path == own:
            parts.append(text)
    return "\n".join(part for index, part in enumerate(parts) if part or index == 0) if len(parts) > 1 else "".join(parts)


def render_files(
    chart: Chart,
    values: JsonObject,
    *,
    release: ReleaseInfo,
    capabilities: Capabilities,
    lookup: Lookup | None = None,
    flavour: Flavour = HELM4,
    functions: Mapping[str, Function] | None = None,
    lint: bool = False,
    limits: Limits = _LIMITS,
    traces: dict[str, Trace] | None = None,
) -> dict[str, str]:
    """Every template's output by its path, partials left out. `values` are coalesced already.

    Templates are interpreted first, which is what most renderings of most processes are quickest with; where that fails, everything is
    rendered again by compiled templates, whose error is the answer.
    """
    once = partial(
        _render_once,
        chart,
        values,
        release=release,
        capabilities=capabilities,
        flavour=flavour,
        functions=functions,
        lint=lint,
        limits=limits,
        traces=traces,
    )
    if lint or traces is not None:
        return once(lookup=lookup, interprets=False)
    restore = _keeper(values)
    lookups = Lookups(lookup) if lookup is not None else None
    try:
        return once(lookup=lookups, interprets=True)
    except Unplaced:
        restore()
        return once(lookup=None if lookups is None else lookups.again(), interprets=False)


def _keeper(values: JsonObject) -> Callable[[], None]:
    """What puts the values back as they are now, whatever templates have done to them."""
    try:
        kept = marshal.dumps(values)
    except ValueError:
        copied = plain.copy(values)
        return lambda: _refill(values, copied)
    return lambda: _refill(values, marshal.loads(kept))


def _refill(values: JsonObject, before: JsonObject) -> None:
    values.clear()
    values.update(before)


class Lookups:
    """`lookup`, whose answers are the same when everything is rendered again."""

    def __init__(self, ask: Lookup, known: Sequence[tuple[tuple[str, ...], JsonObject | FunctionError]] = ()) -> None:
        self._ask = ask
        self._known = list(known)
        self._answers: list[tuple[tuple[str, ...], JsonObject | FunctionError]] = []

    def __call__(self, *names: str) -> JsonObject:
        answer: JsonObject | FunctionError
        if self._known and self._known[0][0] == names:
            answer = self._known.pop(0)[1]
        else:
            self._known.clear()
            try:
                answer = self._ask(*names)
            except FunctionError as error:
                answer = error
        self._answers.append((names, plain.copy(answer)))
        if isinstance(answer, FunctionError):
            raise answer
        return answer

    def again(self) -> Lookups:
        """The same from the beginning."""
        return Lookups(self._ask, self._answers)


def _render_once(
    chart: Chart,
    values: JsonObject,
    *,
    release: ReleaseInfo,
    capabilities: Capabilities,
    lookup: Lookup | None,
    flavour: Flavour,
    functions: Mapping[str, Function] | None,
    lint: bool,
    limits: Limits,
    traces: dict[str, Trace] | None,
    interprets: bool,
) -> dict[str, str]:
    top = {
        "Release": {
            "Name": release.name,
            "Namespace": release.namespace,
            "IsUpgrade": release.is_upgrade,
            "IsInstall": release.is_install,
            "Revision": release.revision,
            "Service": "Helm",
        },
        "Capabilities": scope.capabilities_object(capabilities),
        "Values": scope.named_values(values, flavour),
    }
    templates: dict[str, _Renderable] = {}
    _collect(chart, top, templates, flavour)
    table = Layered(FUNCTIONS, without=() if flavour == HELM4 else HELM_4_ONLY)
    order = sorted(templates, key=_parse_order, reverse=True)
    jinja_texts = {path: templates[path].text for path in order if path.endswith(_JINJA)}
    interprets = interprets and not jinja_texts
    engine = Engine(table, lookup=lookup, lint=lint, limits=limits, extra=functions, interprets=interprets)
    for path in order:
        if path in jinja_texts:
            continue
        try:
            engine.environment.add(path, templates[path].text)
        except ParseError as error:
            raise RenderError(render_errors.parse_error(path, error)) from error
        except TemplateError as error:
            raise RenderError(str(error)) from error
    rendered: dict[str, str] = {}
    jinja_templates: Templates | None = None
    for path in order:
        if posixpath.basename(path).startswith("_"):
            continue
        template = templates[path]
        template.dot["Template"] = scope.named_values({"Name": path, "BasePath": template.base_path}, flavour)
        if path in jinja_texts:
            if jinja_templates is None:
                jinja_templates = _jinja_templates(jinja_texts, engine, limits)
            rendered[path.removesuffix(_JINJA) if path.endswith(NOTES + _JINJA) else path] = jinja_templates.render(path, template.dot)
            continue
        try:
            if traces is None:
                text = engine.environment.execute(path, template.dot)
            else:
                traces[path] = engine.environment.trace(path, template.dot)
                text = traces[path].text
        except TemplateError as error:
            raise RenderError(render_errors.execution_error(path, error, flavour)) from error
        rendered[path] = text.replace("<no value>", "") if "<no value>" in text else text
    return rendered


def _jinja_templates(texts: Mapping[str, str], engine: Engine, limits: Limits) -> Templates:
    from pytest_helmsim.chart.jinja import Templates

    return Templates(texts, engine.functions, engine.environment.execute, limits)


class _Renderable(NamedTuple):
    """A template file and the objects of its chart."""

    text: str
    dot: dict[str, Any]
    base_path: str


def _collect(chart: Chart, parent: dict[str, Any], templates: dict[str, _Renderable], flavour: Flavour) -> dict[str, Any]:
    """The scope of a chart; its templates and those of its subcharts go into `templates`."""
    subcharts: dict[str, Any] = {}
    objects = {
        "Chart": scope.chart_object(chart, flavour),
        "Files": scope.Files.of(chart.files),
        "Release": parent["Release"],
        "Capabilities": parent["Capabilities"],
        "Values": scope.named_values({}, flavour),
        "Subcharts": subcharts,
    }
    dot = scope.named_values(objects, flavour)
    if chart.is_root:
        dot["Values"] = parent["Values"]
    else:
        section = parent["Values"]
        for name in chart.name.split("."):
            section = section.get(name) if isinstance(section, dict) else None
        if isinstance(section, dict):
            dot["Values"] = scope.named_values(section, flavour)
    for child in chart.dependencies:
        subcharts[child.name] = _collect(child, dot, templates, flavour)
    path = chart.full_path
    for file in chart.templates:
        if chart.metadata.is_library and not posixpath.basename(file.name).startswith("_"):
            continue
        templates[posixpath.normpath(f"{path}/{file.name}")] = _Renderable(file.text, dot, posixpath.join(path, "templates"))
    return dot


def _parse_order(path: str) -> tuple[int, bytes]:
    return path.count("/"), path.encode("utf-8", "surrogateescape")


class Engine:
    """One environment with the functions that depend on it: include, tpl, required, fail, lookup."""

    def __init__(
        self,
        functions: Mapping[str, Function],
        *,
        lookup: Lookup | None = None,
        lint: bool = False,
        limits: Limits = _LIMITS,
        extra: Mapping[str, Function] | None = None,
        interprets: bool = False,
    ) -> None:
        self._lint = lint
        self._including: dict[str, int] = {}
        self._texts = 0
        own = {
            "required": define("required", self._required, "string", "any"),
            "fail": define("fail", self._fail, "string", result="string"),
            "lookup": define("lookup", lookup or _look_nowhere, "string", "string", "string", "string", result="map[string]interface {}"),
            "getHostByName": define("getHostByName", lambda _: "", "string", result="string"),
        }
        placeholders = {name: define(name, _look_nowhere, "string", "any", result="string") for name in ("include", "tpl")}
        self.functions = Layered(functions, own, extra or {})
        table = Layered(self.functions, placeholders)
        self.environment = Environment(table, missing_key="zero", name="gotpl", limits=limits, interprets=interprets)
        self.environment.bind_functions(_Scope(self.environment, self).functions())

    def including(self, name: str) -> int:
        """How often `name` is being included right now, counted one up."""
        count = self._including.get(name, 0)
        if count > MAX_INCLUDES:
            raise FunctionError(f"rendering template has a nested reference name: {name}: unable to execute template")
        self._including[name] = count + 1
        return count

    def included(self, name: str) -> None:
        self._including[name] -= 1

    @contextlib.contextmanager
    def nested_text(self) -> Iterator[None]:
        """Inside of a text that `tpl` runs; texts that run themselves are refused (Go's stack would overflow)."""
        self._texts += 1
        try:
            if self._texts > MAX_TEXTS:
                raise LimitExceeded("texts within texts of tpl", MAX_TEXTS, "look for a value that names itself")
            yield
        finally:
            self._texts -= 1

    def _required(self, warning: str, value: Value) -> Value:
        if value is None or (type(value) is str and not value):
            if self._lint:
                _log.warning("missing required value: %s" if value is None else "missing required values: %s", warning)
                return ""
            raise FunctionError(render_errors.wrap(warning))
        return value

    def _fail(self, message: str) -> str:
        if self._lint:
            _log.info("fail: %s", message)
            return ""
        raise FunctionError(render_errors.wrap(message))


def _look_nowhere(*_: Value) -> JsonObject:
    return {}


class _Scope:
    """`include` and `tpl` of one environment: a text of `tpl` that defines templates gets an environment of its own."""

    def __init__(self, environment: Environment, engine: Engine) -> None:
        self._environment = environment
        self._engine = engine
        self._texts: dict[str, Template] = {}

    def functions(self) -> dict[str, Function]:
        return {
            "include": define("include", self._include, "string", "any", result="string"),
            "tpl": define("tpl", self._tpl, "string", "any", result="string"),
        }

    def _include(self, name: str, data: Value) -> str:
        engine = self._engine
        engine.including(name)
        try:
            return self._environment.execute(name, data)
        finally:
            engine.included(name)

    def _tpl(self, text: str, data: Value) -> str:
        if "{{" not in text:
            return text.replace("<no value>", "")
        with self._engine.nested_text():
            return self._run_text(text, data)

    def _run_text(self, text: str, data: Value) -> str:
        template = self._texts.get(text)
        environment = self._environment
        if template is None:
            defines = "define" in text or "block" in text
            if defines:
                environment = environment.clone()
                environment.bind_functions(_Scope(environment, self._engine).functions())
            try:
                template = environment.add(environment.name, text)
            except TemplateError as error:
                raise FunctionError(f"cannot parse template {quote(text)}: {error}") from error
            if not defines:
                self._texts[text] = template
        try:
            result = environment.run(template, data)
        except LimitExceeded:
            raise
        except TemplateError as error:
            raise FunctionError(f"error during tpl function execution for {quote(text)}: {error}") from error
        return result.replace("<no value>", "") if "<no value>" in result else result


def template_output(
    rendered: Rendered,
    *,
    flavour: Flavour = HELM4,
    include_crds: bool = False,
    no_hooks: bool = False,
    skip_tests: bool = False,
) -> str:
    """What `helm template` prints."""
    text = "".join(manifests.document_text(path, file.text) for path, file in rendered.crds) if include_crds else ""
    text = (text + rendered.manifest).strip(manifests.SPACE) + "\n"
    if no_hooks:
        return text
    return text + "".join(manifests.document_text(hook.path, hook.manifest) for hook in rendered.hooks if not (skip_tests and hook.is_test))


__all__ = ["HELM3", "Engine", "Lookup", "ReleaseInfo", "Rendered", "render", "render_files", "template_output"]
