"""Verbs about the program itself: `version`, `env`, `completion`; and those that are refused: plugins, the hub.

Source: helm.sh/helm/v4 pkg/cmd/version.go, env.go; pkg/cli/environment.go (EnvVars).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from click.shell_completion import get_completion_class

from pytest_helmsim._version import VERSION
from pytest_helmsim.chart import starter
from pytest_helmsim.chart.capabilities import GO_VERSION, HELM_VERSIONS, Capabilities
from pytest_helmsim.chart.repository_file import Places
from pytest_helmsim.cli import arguments as args
from pytest_helmsim.cli.app import PROGRAM, Options
from pytest_helmsim.cli.output import out
from pytest_helmsim.cli.settings import ENVIRONMENT, history_max, setting, truthy
from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.objects.errors import UnsupportedFeature

BUILD = f"{PROGRAM} {VERSION}"
"""Stands where Helm names the commit it was built from."""


def version(arguments: list[str], options: Options) -> None:
    """Which Helm this behaves as, in Helm's form; the program itself is the commit."""
    del arguments
    flavour = args.flavour_of(options)
    if options.template:
        from pytest_helmsim.chart import scope
        from pytest_helmsim.template.environment import Environment
        from pytest_helmsim.template.functions import FUNCTIONS

        environment = Environment(FUNCTIONS, name="_")
        environment.add("_", options.template)
        known: Any = scope.capabilities_object(Capabilities.default(flavour))
        out(environment.execute("_", known.helm_version))
        return
    if options.short:
        out(f"{HELM_VERSIONS[flavour]}\n")
        return
    fields = [f'Version:"{HELM_VERSIONS[flavour]}"', f'GitCommit:"{BUILD}"', 'GitTreeState:""', f'GoVersion:"{GO_VERSION}"']
    if options.is_helm4:
        fields.append('KubeClientVersion:"v1.37"')
    out(f"version.BuildInfo{{{', '.join(fields)}}}\n")


def environment(arguments: list[str], options: Options) -> None:
    """All settings as they count, or one."""
    known = settings(options)
    if arguments:
        out(f"{known.get(arguments[0], '')}\n")
    else:
        out("".join(f'{name}="{known[name]}"\n' for name in sorted(known)))


def settings(options: Options) -> Mapping[str, str]:
    """HELM_… variables as flags and environment say them."""
    places = Places.of_environment(
        config=options.repository_config, cache=options.repository_cache, content=options.get("content_cache", "")
    )
    homes = Places.homes()
    given = {variable: setting(options, name) for name, variable in ENVIRONMENT.items() if name != "namespace"}
    found = {name: ",".join(value) if isinstance(value, list) else str(value or "") for name, value in given.items()}
    found["HELM_KUBEINSECURE_SKIP_TLS_VERIFY"] = str(bool(setting(options, "kube_insecure_skip_tls_verify"))).lower()
    found |= {
        "HELM_BIN": sys.argv[0],
        "HELM_BURST_LIMIT": str(_number(options, "burst_limit", "HELM_BURST_LIMIT")),
        "HELM_CACHE_HOME": homes["cache"],
        "HELM_CONFIG_HOME": homes["config"],
        "HELM_DATA_HOME": homes["data"],
        "HELM_DEBUG": str(options.debug or truthy("HELM_DEBUG")).lower(),
        "HELM_MAX_HISTORY": str(history_max(options)),
        "HELM_NAMESPACE": args.namespace_of(options),
        "HELM_PLUGINS": os.environ.get("HELM_PLUGINS") or f"{homes['data']}/plugins",
        "HELM_QPS": f"{_number(options, 'qps', 'HELM_QPS'):.2f}",
        "HELM_REGISTRY_CONFIG": args.registry_config(options),
        "HELM_REPOSITORY_CACHE": str(places.cache),
        "HELM_REPOSITORY_CONFIG": str(places.config),
    }
    if options.is_helm4:
        found["HELM_CONTENT_CACHE"] = str(places.content)
    return found


def _number(options: Options, name: str, variable: str) -> float:
    text = os.environ.get(variable, "")
    if name in options["given"] or not re.fullmatch(r"-?\d+(\.\d+)?", text):
        return options[name]  # type: ignore[no-any-return]
    return float(text) if "." in text or name == "qps" else int(text)


def completion(shell: str, options: Options) -> None:
    """A script that completes commands and flags; click has it, of PowerShell newer versions only."""
    kind = get_completion_class(shell)
    if kind is None:
        raise UnsupportedFeature(f"completion for {shell} with this version of click", "install a newer click")
    root = click.get_current_context().find_root().command
    out(kind(root, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE").source() + "\n")
    del options


def completion_bash(arguments: list[str], options: Options) -> None:
    """For bash."""
    del arguments
    completion("bash", options)


def completion_zsh(arguments: list[str], options: Options) -> None:
    """For zsh."""
    del arguments
    completion("zsh", options)


def completion_fish(arguments: list[str], options: Options) -> None:
    """For fish."""
    del arguments
    completion("fish", options)


def completion_powershell(arguments: list[str], options: Options) -> None:
    """For PowerShell."""
    del arguments
    completion("powershell", options)


def create(arguments: list[str], options: Options) -> None:
    """Write a new chart."""
    (name,) = arguments
    out(f"Creating {name}\n")
    path = Path(name)
    base = os.path.basename(name.rstrip("/")) or ("." if not name else "/")
    folder, flavour = path.parent, args.flavour_of(options)
    if not options.starter:
        starter.create(base, folder, warn=out, flavour=flavour)
        return
    source = Path(options.starter)
    if not source.is_absolute():
        source = Path(Places.homes()["data"]) / "starters" / source
    starter.create_from(base, folder, source, modified=RealClock().now(), flavour=flavour)


def search_hub(arguments: list[str], options: Options) -> None:
    """Refused: it would ask a service on the internet."""
    del arguments, options
    raise UnsupportedFeature("search hub", "look at https://artifacthub.io, then `helmsim repo add` and `helmsim search repo`")


def plugin(arguments: list[str], options: Options) -> None:
    """Refused: plugins are programs that Helm runs, often within its own process's words."""
    del arguments, options
    raise UnsupportedFeature("plugins", "call the plugin's own program, or `helmsim diff` for helm-diff")
