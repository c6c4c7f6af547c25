"""`helmsim template`: render a chart without a cluster and print what `helm template` prints.

Source: helm.sh/helm/v4 pkg/cmd/template.go.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from pathlib import Path

from pytest_helmsim.chart import dependencies, manifests, render
from pytest_helmsim.chart.capabilities import Capabilities
from pytest_helmsim.chart.errors import ManifestError, RenderError
from pytest_helmsim.cli import arguments as args
from pytest_helmsim.cli.app import Options
from pytest_helmsim.cli.output import out
from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.objects.errors import HelmsimError, UnsupportedFeature

SOURCE = re.compile(r"# Source: [^/]+/(.+)")


class TemplateFailed(HelmsimError):
    """Rendering failed; the words say how to see more."""


def template(arguments: list[str], options: Options) -> None:
    """Print the manifests, then the hooks."""
    if options.post_renderer:
        raise UnsupportedFeature("template --post-renderer", "use `helmsim install --dry-run=client --post-renderer`")
    if options.validate or options.dry_run == "server":
        raise UnsupportedFeature("template --validate / --dry-run=server", "use `helmsim install --dry-run=server`")
    check_dry_run(options)
    flavour = args.flavour_of(options)
    capabilities = Capabilities.default(flavour)
    if options.kube_version:
        capabilities = capabilities.with_kube_version(options.kube_version)
    capabilities = capabilities.with_api_versions(*options.api_versions)
    name, reference = args.name_and_chart(arguments, options, RealClock(), default_name="" if options.generate_name else "release-name")
    chart = args.load(reference, options)
    args.check_installable(chart)
    values = args.values_of(options)
    chart = dependencies.process(chart, values, flavour) or chart
    try:
        rendered = render.render(
            chart,
            values,
            release=render.ReleaseInfo(name, options.namespace or "default", 1, not options.is_upgrade, options.is_upgrade),
            capabilities=capabilities,
            flavour=flavour,
            skip_schema_validation=options.skip_schema_validation,
        )
    except ManifestError as error:
        if options.debug:
            for path, text in error.rendered.items():
                out(f"---\n# Source: {path}\n{text}\n")
            raise
        raise TemplateFailed(f"{error}\n\nUse --debug flag to render out invalid YAML") from error
    except RenderError as error:
        if options.debug:
            raise
        raise TemplateFailed(f"{error}\n\nUse --debug flag to render out invalid YAML") from error
    if options.output_dir:
        write(rendered, options, name)
        return
    text = render.template_output(
        rendered, flavour=flavour, include_crds=options.include_crds, no_hooks=options.no_hooks, skip_tests=options.skip_tests
    )
    out(select(text, options) if options.show_only else text)


def check_dry_run(options: Options) -> None:
    """Helm 4 takes only what renders without writing."""
    if options.is_helm4 and "dry_run" in options["given"] and options.dry_run not in ("client", "unset", "true", "server"):
        raise TemplateFailed(f'invalid dry-run value ("{options.dry_run}"). Must be "server" or "client"')


def select(text: str, options: Options) -> str:
    """`--show-only`: the documents of the named templates, in the order of the flags."""
    flavour = args.flavour_of(options)
    documents = [each for each in manifests.split(text, flavour) if each.strip()]
    chosen = []
    for wanted in options.show_only:
        path = wanted.replace("\\", "/")
        found = [each for each in documents if (match := SOURCE.search(each)) and matches(match[1].strip(), path)]
        if not found:
            raise TemplateFailed(f"could not find template {wanted} in chart")
        chosen += found
    return "".join(f"---\n{each}\n" for each in chosen)


def matches(path: str, pattern: str) -> bool:
    """Go's filepath.Match: `*` stays within one path element."""
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(fnmatch.fnmatchcase(part, each) for part, each in zip(parts, wanted, strict=True))


def write(rendered: render.Rendered, options: Options, name: str) -> None:
    """`--output-dir`: one file for each template, one line for each document."""
    top = Path(options.output_dir) / (name if options.release_name else "")
    documents = list(documents_of(rendered, options))
    seen: set[str] = set()
    for path, text, is_hook in documents:
        file = top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a" if path in seen or is_hook else "w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            stream.write(manifests.document_text(path, text))
        seen.add(path)
        out(f"wrote {file}\n")
    out("\n")


def documents_of(rendered: render.Rendered, options: Options) -> Iterator[tuple[str, str, bool]]:
    """Path, text and whether it is a hook, in the order they are written."""
    if options.include_crds:
        for path, file in rendered.crds:
            yield path, file.text, False
    for manifest in rendered.manifests:
        yield manifest.path, manifest.text, False
    if not options.no_hooks:
        for hook in rendered.hooks:
            if not (options.skip_tests and hook.is_test):
                yield hook.path, hook.manifest, True
