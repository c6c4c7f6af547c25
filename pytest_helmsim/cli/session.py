"""From flags and environment to an engine: which cluster, which namespace, which records, where log lines go."""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
import yaml

from pytest_helmsim.cli.app import Options
from pytest_helmsim.cli.output import quoted
from pytest_helmsim.cli.settings import kubeconfig_files, setting, truthy
from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour
from pytest_helmsim.release.errors import ClusterUnreachable, InvalidOption, StorageFailed
from pytest_helmsim.release.storage import DRIVER_NAMES

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

    from pytest_helmsim.release.storage import Memory


class Session:
    """One command's engine and surroundings."""

    def __init__(self, options: Options, *, offline: bool = False) -> None:
        from pytest_helmsim.cli.progress import Waiting
        from pytest_helmsim.client.client import Client
        from pytest_helmsim.release.engine import Engine
        from pytest_helmsim.release.rules import RULES

        self.options = options
        self.flavour: Flavour = HELM4 if options.is_helm4 else HELM3
        self.debug = options.debug or truthy("HELM_DEBUG")
        logging.getLogger("pytest_helmsim").addHandler(Lines(self))
        api_client, context_namespace = unconnected(options) if offline else connect(options, RULES[self.flavour].unreachable)
        self.namespace = setting(options, "namespace") or context_namespace or "default"
        self.client = Client(api_client, RealClock())
        self.client.on_warning = warn
        driver = os.environ.get("HELM_DRIVER") or "secret"
        if driver not in DRIVER_NAMES:
            self._stop(f'unknown driver "{driver}"', 83)
        memory = self._memory() if driver == "memory" else None
        self.progress = Waiting()
        self.engine = Engine(
            self.client,
            flavour=self.flavour,
            namespace=self.namespace,
            driver=driver,
            memory=memory,
            log=self.log,
            output=self.hook_output,
            progress=self.progress,
        )

    def _memory(self) -> Memory:
        """The records of HELM_MEMORY_DRIVER_DATA; objects go to a cluster that ends with the command, as Helm keeps none then."""
        from pytest_helmsim.backends.embedded import prepare
        from pytest_helmsim.client.client import Client
        from pytest_helmsim.release import memory_data

        clock = RealClock()
        self.client = Client(prepare("1.36", "namespace").fork(clock=clock).handle, clock)
        try:
            return memory_data.load(os.environ.get("HELM_MEMORY_DRIVER_DATA", "").split(":"), clock, self.flavour)
        except StorageFailed as error:
            self._stop(str(error), 122)

    def _stop(self, text: str, line: int) -> NoReturn:
        """End the command as Go's `log.Fatal` does; Helm 3's log names the line of its source."""
        click.echo(f"level=INFO msg={quoted(text)}" if self.flavour == HELM4 else f"helm.go:{line}: {text}", err=True)
        raise click.exceptions.Exit(1)

    def log(self, level: str, message: str, /, **fields: object) -> None:
        """A log line on standard error, as Helm 4's text handler writes it; Helm 3 keeps to itself unless debugged."""
        if not self.debug and (level == "debug" or self.flavour == HELM3):
            return
        parts = [f"level={level.upper()}", f"msg={quoted(message)}", *(f"{key}={quoted(str(value))}" for key, value in fields.items())]
        click.echo(" ".join(parts) if self.flavour == HELM4 else message, err=True)

    def hook_output(self, namespace: str, pod: str, container: str, text: str, /) -> None:
        """The log of a hook's pod, on standard error."""
        click.echo(text, nl=False, err=True)


def reaching(options: Options, *, offline: bool = False) -> Session:
    """The session of an operation that installs: [4] a kubeconfig of no use is a cluster out of reach, and logged.

    `offline` is for those that never ask a cluster: whatever the kubeconfig is, it does not matter.
    """
    from pytest_helmsim.release.rules import RULES

    try:
        return Session(options, offline=offline)
    except ClusterUnreachable as error:
        text = f"{RULES[HELM4 if options.is_helm4 else HELM3].install_unreachable}{error}"
        if options.is_helm4:
            click.echo(f"level=ERROR msg={quoted(text)}", err=True)
        raise ClusterUnreachable(text) from error


def warn(text: str) -> None:
    """Print what the server warns of, as often as it does, in the form of the client library's log."""
    moment = datetime.fromtimestamp(RealClock().now())
    click.echo(f"I{moment:%m%d %H:%M:%S.%f} {os.getpid():7} warnings.go:107] {quoted(f'Warning: {text}')}", err=True)


class Lines(logging.Handler):
    """Library warnings as Helm prints its own."""

    def __init__(self, session: Session) -> None:
        super().__init__(logging.INFO)
        self.session = session

    def emit(self, record: logging.LogRecord) -> None:
        """One line for one record."""
        from pytest_helmsim.cli import loglines

        click.echo(loglines.line(record, is_helm4=self.session.flavour == HELM4), err=True)


def unconnected(options: Options) -> tuple[ApiClient, str]:
    """A client that nobody calls, and the namespace of what can be read of the kubeconfig."""
    import kubernetes.client

    from pytest_helmsim.cli.arguments import namespace_of

    return kubernetes.client.ApiClient(kubernetes.client.Configuration()), namespace_of(options)


def connect(options: Options, unreachable: str) -> tuple[ApiClient, str]:
    """The API client and its context's namespace. Raises `ClusterUnreachable` for a kubeconfig that cannot be used."""
    import kubernetes.client
    import kubernetes.config
    from kubernetes.config.config_exception import ConfigException
    from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger

    configuration = kubernetes.client.Configuration()
    configuration.host = "http://localhost:8080"
    namespace = user = ""
    files = kubeconfig_files(options)
    for file in files:
        if not Path(file).is_file():
            raise ClusterUnreachable(f"{unreachable}: stat {file}: no such file or directory")
    if files:
        context = setting(options, "kube_context") or None
        try:
            merged = KubeConfigMerger(os.pathsep.join(files))
            if context and context not in [each["name"] for each in (merged.config.value or {}).get("contexts") or ()]:
                raise ClusterUnreachable(f'{unreachable}: context "{context}" does not exist')
            loader = KubeConfigLoader(config_dict=merged.config, config_base_path=str(Path(files[0]).parent), active_context=context)
            loader.load_and_set(configuration)
            chosen = loader.current_context.get("context") or {}
            namespace, user = chosen.get("namespace") or "", chosen.get("user") or ""
        except yaml.YAMLError as error:
            raise ClusterUnreachable(f'{unreachable}: error loading config file "{files[0]}": {error}') from error
        except (ConfigException, KeyError, TypeError, AttributeError) as error:
            raise ClusterUnreachable(f"{unreachable}: the kubeconfig {', '.join(files)} cannot be used: {error}") from error
    client = kubernetes.client.ApiClient(overridden(configuration, options))
    for header, value in impersonation(options, unreachable, user):
        client.set_default_header(header, value)
    return client, namespace


def overridden(configuration: Any, options: Options) -> Any:
    """The configuration with `--kube-…` flags laid over it, again whenever the kubeconfig's token is read anew."""
    _lay_over(configuration, options)
    refresh = configuration.refresh_api_key_hook
    if refresh is not None:

        def refreshed(current: Any) -> None:
            refresh(current)
            _lay_over(current, options)

        configuration.refresh_api_key_hook = refreshed
    if not configuration.verify_ssl:
        import urllib3

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return configuration


def _lay_over(configuration: Any, options: Options) -> None:
    if host := setting(options, "kube_apiserver"):
        configuration.host = host if "://" in host else f"http://{host}"
    if token := setting(options, "kube_token"):
        configuration.api_key.pop("BearerToken", None)
        configuration.api_key["authorization"] = f"Bearer {token}"
    if file := setting(options, "kube_ca_file"):
        configuration.ssl_ca_cert = file
    if name := setting(options, "kube_tls_server_name"):
        configuration.tls_server_name = name
    if setting(options, "kube_insecure_skip_tls_verify"):
        configuration.verify_ssl = False


def impersonation(options: Options, unreachable: str, name: str) -> list[tuple[str, str]]:
    """The headers of `--kube-as-user` and `--kube-as-group`."""
    user, groups = setting(options, "kube_as_user"), setting(options, "kube_as_group")
    if groups and not user:
        why = f"requesting uid, groups or user-extra for {name} without impersonating a user"
        raise ClusterUnreachable(f"{unreachable}: invalid configuration: {why}")
    if len(groups) > 1:
        raise InvalidOption("more than one --kube-as-group is not supported; bind the user to one group that has the rights")
    return [*([("Impersonate-User", user)] if user else []), *(("Impersonate-Group", group) for group in groups)]
