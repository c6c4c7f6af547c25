"""OCI registries on the command line: `push`, `registry login`, `registry logout`.

Source: helm.sh/helm/v4 pkg/cmd/push.go, registry_login.go, registry_logout.go; pkg/pusher/ocipusher.go.
"""

from __future__ import annotations

import base64
import getpass
import json
import os
import sys
import urllib.parse
from datetime import UTC, datetime
from pathlib import Path

import click

from pytest_helmsim.chart import loader, model
from pytest_helmsim.chart.registry import SCHEME, Charts, check_host
from pytest_helmsim.chart.repository_http import Access
from pytest_helmsim.cli import arguments as args
from pytest_helmsim.cli.app import Options
from pytest_helmsim.cli.output import out
from pytest_helmsim.objects.errors import HelmsimError


class RegistryFailed(HelmsimError):
    """What a command on registries refuses, in Helm's words."""


def push(arguments: list[str], options: Options) -> None:
    """Upload a packed chart."""
    path, remote = arguments[:2]
    scheme = urllib.parse.urlsplit(remote).scheme
    if not scheme:
        raise RegistryFailed(f'scheme prefix missing from remote (e.g. "{SCHEME}")')
    if scheme != "oci":
        raise RegistryFailed(f'scheme "{scheme}" not supported')
    if not os.path.exists(path):
        raise RegistryFailed(f"{path}: no such file")
    if os.path.isdir(path):
        raise RegistryFailed("cannot push directory, must provide chart archive (.tgz)")
    chart = loader.load(path, flavour=args.flavour_of(options))
    changed = datetime.fromtimestamp(os.stat(path).st_mtime, UTC).astimezone()
    created = changed.isoformat(timespec="seconds").replace("+00:00", "Z")
    registry = Charts(args.access_of(options), Path(args.registry_config(options)), lambda text: args.tell(text, options))
    registry.push(Path(path).read_bytes(), chart.metadata, model.metadata_json(chart.metadata), remote, created)


def login(arguments: list[str], options: Options) -> None:
    """Try credentials, and keep them in the registry configuration."""
    host = arguments[0]
    username, password = credentials(options)
    if "/" in host:
        name = host.partition("/")[0]
        text = "registry login currently only supports registry hostname, not a repository path"
        if options.is_helm4:
            click.echo(f'level=WARN msg="{text}" host={host} suggested={name}', err=True)
        else:
            host = name
    access = Access(
        username=username,
        password=password,
        cert_file=options.cert_file,
        key_file=options.key_file,
        ca_file=options.ca_file,
        insecure=options.insecure,
        plain_http=options.plain_http,
    )
    check_host(host)
    file = Path(args.registry_config(options))
    Charts(access, file, out).ping(host)
    document = stored(file)
    secret = base64.b64encode(f"{username}:{password}".encode()).decode()
    document.setdefault("auths", {})[key(host)] = {"auth": secret}
    store(file, document)
    args.tell("Login Succeeded\n", options)


def credentials(options: Options) -> tuple[str, str]:
    """Name and password of the flags, of standard input, or of the terminal."""
    username, password = options.username, options.password
    if options.password_stdin:
        return username, sys.stdin.read().removesuffix("\n").removesuffix("\r")
    if password:
        if options.is_helm4:
            click.echo('level=WARN msg="using --password via the CLI is insecure. Use --password-stdin"', err=True)
        else:
            click.echo("WARNING: Using --password via the CLI is insecure. Use --password-stdin.", err=True)
        return username, password
    if not username:
        out("Username: ")
        username = sys.stdin.readline().strip()
    label = "Password" if username else "Token"
    if not sys.stdin.isatty():
        out(f"{label}: ")
        raise RegistryFailed("inappropriate ioctl for device")
    password = getpass.getpass(f"{label}: ")
    if not password:
        raise RegistryFailed(f"{label.lower()} required")
    return username, password


def logout(arguments: list[str], options: Options) -> None:
    """Forget the credentials of a registry."""
    host = arguments[0]
    file = Path(args.registry_config(options))
    document = stored(file)
    if document.get("auths", {}).pop(key(host), None) is not None:
        store(file, document)
    args.tell(f"Removing login credentials for {host}\n", options)


def key(host: str) -> str:
    """Under which name docker's configuration keeps a registry."""
    return "https://index.docker.io/v1/" if host in ("docker.io", "registry-1.docker.io") else host


def stored(file: Path) -> dict[str, dict[str, object]]:
    """The configuration; empty where there is none."""
    try:
        document = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RegistryFailed(f"failed to read config file {file}: {error}") from error
    if not isinstance(document, dict):
        raise RegistryFailed(f"failed to read config file {file}: invalid config format")
    return document


def store(file: Path, document: dict[str, dict[str, object]]) -> None:
    """Write it for its owner only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(document, indent="\t"))
