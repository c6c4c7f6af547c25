"""What `helm template` does and prints, as one call: for the command line, the comparison tool and tests.

`run(path, options)` gives the text for standard output; with `output_dir` it writes files and gives the lines that name them.
An error is a ChartError with the words after `Error: `; rendering errors end with the hint that Helm gives.

Source: helm.sh/helm pkg/cmd/template.go, install.go; pkg/action/install.go.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeAlias

from pytest_helmsim.chart import dependencies, globs, loader, manifests, render
from pytest_helmsim.chart.capabilities import Capabilities
from pytest_helmsim.chart.errors import ChartError, InvalidChart, ManifestError, RenderError, ValuesError
from pytest_helmsim.chart.manifests import Hook
from pytest_helmsim.chart.model import Chart
from pytest_helmsim.chart.values import Options
from pytest_helmsim.objects import collector
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour
from pytest_helmsim.template.environment import Environment
from pytest_helmsim.template.errors import TemplateError
from pytest_helmsim.template.functions import FUNCTIONS
from pytest_helmsim.template.signatures import Function

HINT: Final = "\n\nUse --debug flag to render out invalid YAML"
MAX_NAME: Final = 53
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SOURCE = re.compile(r"# Source: [^/]+/(.+)")
_NAME_RULE: Final = (
    r"invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
    f" and the length must not be longer than {MAX_NAME}"
)


Load: TypeAlias = Callable[[str], Chart]
PostRender: TypeAlias = Callable[[render.Rendered, str], tuple[str, list[Hook]]]
"""Takes what was rendered and the text of the CRDs; gives the manifest and the hooks."""


class Cluster(Protocol):
    """A server that is asked (`--validate`, [4] `--dry-run=server`)."""

    def begin(self, chart: Chart) -> None:
        """Raise where it cannot be reached."""

    def capabilities(self) -> Capabilities:
        """Its version and kinds."""

    def check(self, manifest: str, name: str) -> None:
        """Raise for objects that it does not know, or that belong to somebody else."""


class TemplateOptions(NamedTuple):
    """The flags of `helm template`."""

    name: str = "release-name"
    namespace: str = "default"
    values: Options = Options()
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    is_upgrade: bool = False
    include_crds: bool = False
    no_hooks: bool = False
    skip_tests: bool = False
    show_only: tuple[str, ...] = ()
    skip_schema_validation: bool = False
    subchart_notes: bool = False
    output_dir: str = ""
    use_release_name: bool = False
    hide_secret: bool = False
    debug: bool = False
    enable_dns: bool = False
    post_render: PostRender | None = None
    cluster: Cluster | None = None
    begin: Callable[[], render.Lookup | None] | None = None
    """Asked for `lookup` when the values have been checked."""
    flavour: Flavour = HELM4


class TemplateFailed(ChartError):
    """An error after something was printed: `printed` belongs on standard output all the same."""

    def __init__(self, message: str, printed: str) -> None:
        super().__init__(message)
        self.printed = printed


@collector.paused()
def run(path: str, options: TemplateOptions, *, load: Load | None = None) -> str:
    """The text on standard output. `load` may fetch what the chart lacks."""
    flavour = options.flavour
    values = options.values.merge(flavour=flavour)
    chart = load_installable(path, flavour=flavour) if load is None else load(path)
    cluster = options.cluster
    if cluster is not None:
        cluster.begin(chart)
    check_name(options.name, flavour)
    try:
        chart = dependencies.process(chart, values, flavour)
    except ValuesError as error:
        raise ValuesError(f"chart dependencies processing failed: {error}" if flavour == HELM4 else str(error)) from error
    capabilities = known_capabilities(options) if cluster is None else cluster.capabilities()
    release = render.ReleaseInfo(options.name, options.namespace, 1, not options.is_upgrade, options.is_upgrade)
    try:
        rendered = render.render(
            chart,
            values,
            release=release,
            capabilities=capabilities,
            begin=options.begin,
            flavour=flavour,
            subchart_notes=options.subchart_notes,
            skip_schema_validation=options.skip_schema_validation,
            functions=_dns() if options.enable_dns else None,
        )
        crds = _crds(rendered) if options.include_crds else ""
        manifest = manifests.join(rendered.manifests, hide_secrets=options.hide_secret)
        hooks = rendered.hooks
        if options.post_render is not None:
            manifest, hooks = options.post_render(rendered, crds)
            if flavour == HELM3:
                crds = ""
    except ManifestError as error:
        if options.debug:
            raise TemplateFailed(str(error), _raw_files(error.rendered, options)) from error
        raise ManifestError(f"{error}{HINT}", error.rendered) from error
    except RenderError as error:
        if options.debug:
            raise TemplateFailed(str(error), "" if options.show_only else "\n") from error
        raise RenderError(f"{error}{HINT}") from error
    if cluster is not None:
        cluster.check("" if options.output_dir else crds + manifest, options.name)
    if options.output_dir:
        printed = _write_files(rendered, options)
        if options.show_only:
            raise TemplateFailed(f"could not find template {options.show_only[0]} in chart", printed.removesuffix("\n"))
        return printed
    text = (crds + manifest).strip(manifests.SPACE) + "\n"
    if not options.no_hooks:
        shown = [each for each in hooks if not (options.skip_tests and each.is_test)]
        text += "".join(manifests.document_text(each.path, each.manifest) for each in shown)
    return select(text, options.show_only, flavour) if options.show_only else text


def known_capabilities(options: TemplateOptions) -> Capabilities:
    """Those that Helm assumes without a cluster, with what the flags say."""
    capabilities = Capabilities.default(options.flavour).with_api_versions(*options.api_versions)
    return capabilities.with_kube_version(options.kube_version) if options.kube_version else capabilities


def _dns() -> Mapping[str, Function]:
    from pytest_helmsim.chart import dns

    return dns.FUNCTIONS


def _crds(rendered: render.Rendered) -> str:
    return "".join(manifests.document_text(path, file.text) for path, file in rendered.crds)


def _raw_files(files: Mapping[str, str], options: TemplateOptions) -> str:
    """`--debug`: what was rendered, though it is no YAML; nothing when `--show-only` names what is not there."""
    text = "".join(f"---\n# Source: {name}\n{files[name]}\n" for name in sorted(files) if files[name].strip()).strip() + "\n"
    try:
        return select(text, options.show_only, options.flavour) if options.show_only else text
    except ChartError:
        return ""


def load_installable(path: str, *, flavour: Flavour) -> Chart:
    """A chart that is an application and has its dependencies in `charts/`."""
    chart = loader.load(path, flavour=flavour)
    if chart.metadata.type not in ("", "application"):
        raise InvalidChart(f"{chart.metadata.type} charts are not installable")
    if chart.metadata.dependencies is not None:
        dependencies.check_presence(chart, flavour)
    return chart


def check_name(name: str, flavour: Flavour) -> None:
    """Refuse a release name that Kubernetes would not take."""
    if not name:
        reason = "no name provided"
    elif len(name) > MAX_NAME or not _NAME.fullmatch(name):
        reason = _NAME_RULE
    else:
        return
    prefix = "release name check failed: " if flavour == HELM4 else ""
    raise ValuesError(f'{prefix}release name "{name}": {reason}')


def name_from_template(text: str) -> str:
    """`--name-template`: a template without dot."""
    environment = Environment(FUNCTIONS, missing_key="default", name="name-template")
    try:
        environment.add("name-template", text)
        return environment.execute("name-template", None)
    except TemplateError as error:
        raise RenderError(str(error)) from error


def select(text: str, patterns: tuple[str, ...], flavour: Flavour) -> str:
    """`--show-only`: the documents whose template matches, in the order of the patterns."""
    documents = manifests.split(text, flavour)
    parts: list[str] = []
    for pattern in patterns:
        matches = globs.shell(pattern)
        chosen = [each for each in documents if (found := _SOURCE.search(each)) is not None and matches(found[1])]
        if not chosen:
            raise ChartError(f"could not find template {pattern} in chart")
        parts.extend(f"---\n{each}\n" for each in chosen)
    return "".join(parts)


def _write_files(rendered: render.Rendered, options: TemplateOptions) -> str:
    """`--output-dir`: each document appended to the file of its template; manifests start their files anew, hooks do not."""
    top = Path(options.output_dir)
    below = top / options.name if options.use_release_name else top
    lines: list[str] = []
    written: set[Path] = set()

    def write(folder: Path, name: str, text: str, *, append: bool) -> None:
        path = folder / name
        if ".." in posixpath.normpath(name).split("/"):
            raise InvalidChart(f"template {name} would be written outside of {folder}")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab" if append else "wb") as stream:
            stream.write(manifests.document_text(name, text).encode("utf-8", "surrogateescape"))
        lines.append(f"wrote {path}\n")

    if options.include_crds:
        for name, file in rendered.crds:
            write(top, name, file.text, append=top / name in written)
            written.add(top / name)
    for manifest in rendered.manifests:
        write(below, manifest.path, manifest.text, append=below / manifest.path in written)
        written.add(below / manifest.path)
    if not options.no_hooks:
        for hook in rendered.hooks:
            if not (options.skip_tests and hook.is_test):
                write(below, hook.path, hook.manifest, append=(below / hook.path).exists())
    return "".join(lines) + "\n"
