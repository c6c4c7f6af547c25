"""`helmsim template`: render a chart without a cluster and print what `helm template` prints.

Source: helm.sh/helm/v4 pkg/cmd/template.go; the rendering itself is `chart.template_command`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import click

from pytest_helmsim.chart import manifests, template_command
from pytest_helmsim.chart.capabilities import Capabilities
from pytest_helmsim.chart.errors import RenderError, ValuesError
from pytest_helmsim.chart.model import Chart
from pytest_helmsim.chart.render import Rendered
from pytest_helmsim.cli import arguments as args
from pytest_helmsim.cli import debuglines
from pytest_helmsim.cli.app import Options
from pytest_helmsim.cli.flags import parse_bool
from pytest_helmsim.cli.output import out, quoted
from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.objects.errors import HelmsimError

if TYPE_CHECKING:
    from pytest_helmsim.chart.render import Lookup
    from pytest_helmsim.release.asking import Asking

DRY_RUNS = ("false", "true", "none", "client", "server")


class TemplateFailed(HelmsimError):
    """Flags that do not go together."""


def template(arguments: list[str], options: Options) -> None:
    """Print the manifests, then the hooks."""
    flavour = args.flavour_of(options)
    post_render = post_render_of(options)
    if options.kube_version:
        Capabilities.default(flavour).with_kube_version(options.kube_version)
    check_dry_run(options)
    server = Server(options)
    debuglines.version(options)
    name, reference = args.name_and_chart(arguments, options, RealClock(), default_name="" if options.generate_name else "release-name")
    path = args.locate(reference, options)
    debuglines.path(options, path)

    def load(place: str) -> Chart:
        chart = args.load_path(place, options, installing=True)
        if not options.is_helm4 and options.dry_run not in ("", *DRY_RUNS):
            raise TemplateFailed(f"Invalid dry-run flag. Flag must one of the following: {', '.join(DRY_RUNS)}")
        return chart

    chosen = template_command.TemplateOptions(
        name=name,
        namespace=args.namespace_of(options),
        values=args.value_options(options),
        kube_version=options.kube_version,
        api_versions=tuple(options.api_versions),
        is_upgrade=options.is_upgrade,
        include_crds=options.include_crds,
        no_hooks=options.no_hooks,
        skip_tests=options.skip_tests,
        show_only=tuple(each.replace("\\", "/") if "\\" in each and not options.is_helm4 else each for each in options.show_only),
        skip_schema_validation=options.skip_schema_validation,
        subchart_notes=options.render_subchart_notes,
        output_dir=options.output_dir,
        use_release_name=options.release_name,
        debug=options.debug,
        enable_dns=options.enable_dns,
        post_render=post_render,
        cluster=server.asked if server.validates else None,
        begin=server.begin,
        flavour=flavour,
    )
    try:
        out(template_command.run(path, chosen, load=load))
    except template_command.TemplateFailed as error:
        out(error.printed)
        raise
    except ValuesError as error:
        check, _, reason = str(error).partition(": ")
        if options.is_helm4 and check == "release name check failed":
            click.echo(f"level=ERROR msg={quoted(check)} error={quoted(reason)}", err=True)
        raise


class Server:
    """The cluster of `--validate` and `--dry-run`; nobody is asked where neither says so.

    [3] `--validate` asks for everything but `lookup`, and `--dry-run=server` (or `none`, `false`) for `lookup` alone.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        is_server = options.dry_run == "server"
        self.validates = options.validate or (options.is_helm4 and is_server)
        self.looks_up = (
            self.validates if options.is_helm4 else "dry_run" in options["given"] and options.dry_run in ("server", "none", "false")
        )

    @functools.cached_property
    def asked(self) -> Asking:
        """The server, connected; raises `ClusterUnreachable` for a kubeconfig that is of no use."""
        from pytest_helmsim.cli import session
        from pytest_helmsim.release.asking import Asking
        from pytest_helmsim.release.options import InstallOptions

        options = self.options
        chosen = InstallOptions(
            dry_run="server",
            is_upgrade=options.is_upgrade,
            take_ownership=options.take_ownership,
            disable_openapi_validation=options.disable_openapi_validation,
            skip_crds=options.skip_crds,
        )
        return Asking(session.reaching(options).engine.context(), chosen)

    def begin(self) -> Lookup | None:
        """What is refused between values and templates: labels, and [3] a kubeconfig that nobody has looked at before."""
        if self.options.labels:
            from pytest_helmsim.release.options import InstallOptions
            from pytest_helmsim.release.rendering import check_labels

            check_labels(InstallOptions(labels=self.options.labels))
        if not self.looks_up:
            return None
        from pytest_helmsim.release.errors import ClusterUnreachable

        try:
            return self.asked.lookup()
        except ClusterUnreachable as error:
            raise RenderError(str(error).partition(": ")[2]) from error


def check_dry_run(options: Options) -> None:
    """[4] takes only what renders without writing, and warns of old spellings."""
    value = options.dry_run
    if not options.is_helm4 or "dry_run" not in options["given"] or value in ("client", "server"):
        return
    if value == "unset":
        text = "--dry-run is deprecated and should be replaced with '--dry-run=client'"
    else:
        try:
            is_dry = value != "none" and parse_bool(value)
        except ValueError:
            raise TemplateFailed(f'invalid dry-run value ("{value}"). Must be "none", "server", or "client"') from None
        if not is_dry:
            raise TemplateFailed(f'invalid dry-run value ("{value}"). Must be "server" or "client"')
        text = "boolean '--dry-run=true' flag is deprecated and must be replaced with '--dry-run=client'"
    click.echo(f"level=WARN msg={quoted(text)}", err=True)


def post_render_of(options: Options) -> template_command.PostRender | None:
    """The program of `--post-renderer`, which must be there before anything else happens."""
    if not options.post_renderer:
        return None
    from pytest_helmsim.cli import operations
    from pytest_helmsim.release import post_render

    renderer = operations.post_renderer(options)
    if renderer is None:
        return None
    flavour = args.flavour_of(options)

    def run(rendered: Rendered, crds: str) -> tuple[str, list[manifests.Hook]]:
        if options.is_helm4:
            return post_render.run(rendered, renderer, flavour)
        try:
            return renderer(crds + manifests.join(rendered.manifests)), rendered.hooks
        except RenderError as error:
            raise RenderError(f"error while running post render on files: {error}") from error

    return run
