"""Options, ini keys, environment variables and marks: one table, one order of precedence.

For each: mark `helmsim(...)` on the test, then the command line, then the environment, then the ini file, then the default.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from pytest_helmsim.backends.base import Settings


@dataclass(frozen=True, slots=True)
class Option:
    """One setting under its three names; `choices` empty means free text, `flag` a switch."""

    name: str
    help: str
    default: str = ""
    choices: tuple[str, ...] = ()
    flag: bool = False

    @property
    def key(self) -> str:
        """`helmsim_kind_image`: ini key and attribute; the environment variable is the same in capitals."""
        return f"helmsim_{self.name.replace('-', '_')}"


OPTIONS = (
    Option("cluster", "which cluster tests get", "embedded", ("embedded", "kind", "kubeconfig")),
    Option("kubernetes", "Kubernetes version of the embedded cluster, such as 1.30", "1.36"),
    Option("helm", "whose merge rules and words: Helm 3 or Helm 4", "4", ("3", "4")),
    Option("profile", "who deploys, instead of --helmsim-helm", "", ("helm3", "helm4", "argocd", "flux")),
    Option("kubeconfig", "for the cluster `kubeconfig`: the file (default: $KUBECONFIG or ~/.kube/config)"),
    Option("context", "for the cluster `kubeconfig`: the context (default: the file's current one)"),
    Option("kind-bin", "for the cluster `kind`: the kind program (default: from PATH)"),
    Option("kind-kubectl-bin", "for the cluster `kind`: the kubectl program (default: from PATH)"),
    Option("kind-image", "for the cluster `kind`: the node image (default: kind's own)"),
    Option("kind-name", "for the cluster `kind`: name of the kind cluster; one that exists is used and kept", "pytest-helmsim"),
    Option("keep", "keep what a run made on a real cluster: namespaces, and the kind cluster", flag=True),
    Option("strict", "fail tests that a cluster cannot run, instead of skipping them, and tests with something not modelled", flag=True),
    Option("explain", "print for every test what was installed, what drifted, what each upgrade did to each field", flag=True),
)
MARK = (
    "helmsim(helm=None, profile=None, kubernetes=None, controllers=None, needs=()): settings of one test: whose merge rules ('3' or '4') "
    "or who deploys ('argocd', 'flux'), "
    "which Kubernetes version and controllers the embedded cluster has, and what the test needs of a cluster, by feature name; "
    "a cluster without it skips the test with the reason."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare every option of the table on the command line and in the ini file."""
    group = parser.getgroup("helmsim", "Helm chart upgrade tests")
    for option in OPTIONS:
        text = option.help + (f" (default: {option.default})" if option.default else "")
        common: dict[str, Any] = {"dest": option.key, "default": None, "help": text}
        if option.flag:
            group.addoption(f"--helmsim-{option.name}", action="store_true", **common)
        else:
            group.addoption(f"--helmsim-{option.name}", choices=option.choices or None, metavar=option.name.upper(), **common)
        kind: Literal["bool", "string"] = "bool" if option.flag else "string"
        parser.addini(option.key, text, type=kind, default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark, and register the parts that options switch on."""
    config.addinivalue_line("markers", MARK)
    config.addinivalue_line("filterwarnings", "ignore:Unverified HTTPS request is being made")  # the kubeconfig's owner asked for it
    from pytest_helmsim.plugin.honesty import HonestyPlugin
    from pytest_helmsim.plugin.outcomes import OutcomePlugin

    config.pluginmanager.register(OutcomePlugin(config), "helmsim-outcomes")
    config.pluginmanager.register(HonestyPlugin(config), "helmsim-honesty")


def value(config: pytest.Config, name: str) -> Any:
    """What is set for one option; raises `UsageError` for a value that is none of the choices."""
    option = next(option for option in OPTIONS if option.name == name)
    chosen = config.getoption(option.key)
    origin = f"--helmsim-{name}"
    if chosen is None and (text := os.environ.get(option.key.upper())):
        chosen, origin = text, f"environment variable {option.key.upper()}"
        if option.flag:
            chosen = text.lower() in ("1", "true", "yes", "on")
    if chosen in (None, ""):
        chosen, origin = config.getini(option.key), f"ini key {option.key}"
    if chosen in (None, ""):
        return False if option.flag else option.default
    if option.choices and chosen not in option.choices:
        raise pytest.UsageError(f"{origin}: {chosen!r} is none of {', '.join(option.choices)}")
    return chosen


def settings(config: pytest.Config) -> Settings:
    """The session's settings of where clusters come from."""
    from pytest_helmsim.backends.base import Settings

    return Settings(
        cluster=value(config, "cluster"),
        kubernetes=value(config, "kubernetes"),
        kubeconfig=value(config, "kubeconfig"),
        context=value(config, "context"),
        kind_bin=value(config, "kind-bin"),
        kind_kubectl_bin=value(config, "kind-kubectl-bin"),
        kind_image=value(config, "kind-image"),
        kind_name=value(config, "kind-name"),
        keep=value(config, "keep"),
    )
