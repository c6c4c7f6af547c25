"""`helmsim template`: render a chart without a cluster and print what `helm template` prints.

Source: helm.sh/helm/v4 pkg/cmd/template.go; the rendering itself is `chart.template_command`.
"""

from __future__ import annotations

from pytest_helmsim.chart import manifests, template_command
from pytest_helmsim.chart.capabilities import Capabilities
from pytest_helmsim.chart.errors import RenderError
from pytest_helmsim.chart.render import Rendered
from pytest_helmsim.cli import arguments as args
from pytest_helmsim.cli.app import Options
from pytest_helmsim.cli.output import out
from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.objects.errors import HelmsimError, UnsupportedFeature


class TemplateFailed(HelmsimError):
    """Flags that do not go together."""


def template(arguments: list[str], options: Options) -> None:
    """Print the manifests, then the hooks."""
    flavour = args.flavour_of(options)
    post_render = post_render_of(options)
    if options.validate or options.dry_run == "server":
        raise UnsupportedFeature("template --validate / --dry-run=server", "use `helmsim install --dry-run=server`")
    if options.kube_version:
        Capabilities.default(flavour).with_kube_version(options.kube_version)
    check_dry_run(options)
    name, reference = args.name_and_chart(arguments, options, RealClock(), default_name="" if options.generate_name else "release-name")
    path = args.locate(reference, options)
    chosen = template_command.TemplateOptions(
        name=name,
        namespace=options.namespace or "default",
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
        hide_secret=options.hide_secret,
        debug=options.debug,
        post_render=post_render,
        flavour=flavour,
    )
    try:
        out(template_command.run(path, chosen, load=lambda place: args.load_path(place, options, installing=True)))
    except template_command.TemplateFailed as error:
        out(error.printed)
        raise


def check_dry_run(options: Options) -> None:
    """[4] takes only what renders without writing."""
    if options.is_helm4 and "dry_run" in options["given"] and options.dry_run not in ("client", "unset", "true", "server"):
        raise TemplateFailed(f'invalid dry-run value ("{options.dry_run}"). Must be "server" or "client"')


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
            return post_render.run(rendered, renderer, flavour, hide_secrets=options.hide_secret)
        try:
            return renderer(crds + manifests.join(rendered.manifests, hide_secrets=options.hide_secret)), rendered.hooks
        except RenderError as error:
            raise RenderError(f"error while running post render on files: {error}") from error

    return run
