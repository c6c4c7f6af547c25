"""Where a field of a rendered manifest came from: the template's line that printed it, and the `.Values` paths read for it.

    origins = provenance.trace("charts/web", {"replicas": 3})
    origins.of("Deployment/web", "spec.replicas")   # Origin(template='web/templates/web.yaml', line=6, values=('.Values.replicas',), …)

Rendering with a trace takes several times as long as without; nothing else pays for it. Paths are those that the template itself writes,
so in a subchart's template `.Values.a` is `a` of the subchart's section. A value that a template copies (`merge`, `deepCopy`) before it
reads it has no path.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from pytest_helmsim.chart import dependencies, loader, manifests
from pytest_helmsim.chart.capabilities import Capabilities
from pytest_helmsim.chart.model import Chart
from pytest_helmsim.chart.render import Lookup, ReleaseInfo, Rendered, render
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.fields import FieldPath, Match, Step
from pytest_helmsim.objects.flavour import HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.template import tracing
from pytest_helmsim.template.tracing import Trace

_NOTHING: Final = "<no value>"
_RELEASE: Final = ReleaseInfo()


class NoOrigin(HelmsimError):
    """No template printed this: no such object or field in what was rendered."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a template."""

    template: str
    line: int

    def __str__(self) -> str:
        return f"{self.template}:{self.line}"


@dataclass(frozen=True, slots=True)
class Origin:
    """`template` and `line` printed the field; `values` were read for it, conditions and loops around it included.

    `way` leads there: the line of the manifest's own template first, then a line in each template that was included.
    """

    template: str
    line: int
    values: tuple[str, ...]
    way: tuple[Place, ...]

    def __str__(self) -> str:
        through = f", through {' and '.join(map(str, self.way[:-1]))}" if len(self.way) > 1 else ""
        source = f" (from {', '.join(self.values)})" if self.values else ""
        return f"{self.template}:{self.line}{through}{source}"


@dataclass(frozen=True, slots=True)
class _Document:
    """A rendered document: its file, where it begins there, its tree with positions (None where it is empty)."""

    path: str
    start: int
    text: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """A rendering that knows where it came from."""

    rendered: Rendered
    _traces: Mapping[str, Trace]
    _documents: Mapping[str, _Document] = field(repr=False)

    @property
    def objects(self) -> list[str]:
        """What can be asked about: `Kind/name` of every document, hooks too, in the order of files."""
        return list(self._documents)

    def of(self, name: str, path: str = "") -> Origin:
        """The origin of a field of the object `Kind/name`; of its first line without a path. Raise NoOrigin."""
        document = self._documents.get(name)
        if document is None:
            raise NoOrigin(f"{name} is not among the rendered objects: {', '.join(self._documents) or 'there are none'}")
        mark = _position(document.text, name, path)
        origins = self._origins(document, mark)
        if not origins:
            raise NoOrigin(f"{path} of {name} has no origin in {document.path}")
        way = tuple(Place(each.location.name, each.location.line) for each in origins)
        values = tuple(dict.fromkeys(read for each in origins for read in each.reads))
        return Origin(way[-1].template, way[-1].line, values, way)

    def _origins(self, document: _Document, offset: int) -> list[tracing.Origin]:
        """Of what stands at an offset in a document; where `<no value>` was cut out of the file, of the end of its line."""
        trace = self._traces[document.path]
        if _NOTHING not in trace.text:
            return trace.origins(document.start + offset)
        file = trace.text.replace(_NOTHING, "")
        return trace.line_origins(1 + file.count("\n", 0, document.start + offset))


def trace(
    chart: Chart | str | os.PathLike[str],
    values: JsonObject | None = None,
    *,
    release: ReleaseInfo = _RELEASE,
    capabilities: Capabilities | None = None,
    lookup: Lookup | None = None,
    flavour: Flavour = HELM4,
) -> Provenance:
    """Render a chart (or the one at a path) and keep where everything came from; raise ChartError as `render` does."""
    given: JsonObject = dict(values or {})
    loaded = chart if isinstance(chart, Chart) else dependencies.process(loader.load(chart, flavour=flavour), given, flavour)
    traces: dict[str, Trace] = {}
    rendered = render(loaded, given, release=release, capabilities=capabilities, lookup=lookup, flavour=flavour, traces=traces)
    return Provenance(rendered, traces, _documents(rendered, flavour))


def _documents(rendered: Rendered, flavour: Flavour) -> dict[str, _Document]:
    """Every document with a kind, by `Kind/name`; the first of equal names counts."""
    documents: dict[str, _Document] = {}
    for path in sorted(rendered.files):
        file, behind = rendered.files[path], 0
        for text in manifests.split(file, flavour):
            start = file.index(text, behind)
            behind = start + len(text)
            head = manifests.read_head(text, flavour)
            if head.kind:
                documents.setdefault(f"{head.kind}/{head.name}", _Document(path, start, text))
    return documents


def _position(text: str, name: str, path: str) -> int:
    """The offset of the last character of a scalar's first line, or of the first one of a map or list."""
    node: Any = yaml.compose(text, Loader=yaml.CSafeLoader)
    steps = FieldPath.parse(path).steps if path else ()
    for count, step in enumerate(steps):
        below = _child(node, step)
        if below is None:
            raise NoOrigin(f"{name} has no field {FieldPath(steps[: count + 1])}")
        node = below
    begin, end = node.start_mark.index, node.end_mark.index
    if not isinstance(node, yaml.ScalarNode) or begin == end:
        return int(begin) if steps else max(0, len(text) - len(text.lstrip()))
    if node.style in ("|", ">"):
        first = text.find("\n", begin) + 1
        return int(first + len(text[first:end]) - len(text[first:end].lstrip()))
    line_end = text.find("\n", begin, end)
    return int((line_end if line_end >= 0 else end) - 1)


def _child(node: Any, step: Step) -> Any:
    """The node under one step; None where there is none."""
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if getattr(key, "value", None) == str(step)), None)
    if not isinstance(node, yaml.SequenceNode):
        return None
    if isinstance(step, int):
        return node.value[step] if -len(node.value) <= step < len(node.value) else None
    return next((item for item in node.value if _matches(item, step)), None)


def _matches(item: Any, step: str | Match) -> bool:
    if isinstance(item, yaml.MappingNode):
        wanted = step.pairs if isinstance(step, Match) else (("name", step),)
        return all(getattr(_child(item, key), "value", None) == text for key, text in wanted)
    return isinstance(item, yaml.ScalarNode) and isinstance(step, str) and item.value == step


__all__ = ["NoOrigin", "Origin", "Place", "Provenance", "trace"]
