"""`helmsim serve`: the embedded cluster on loopback, for kubectl, helm or anything else that reads a kubeconfig."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from pytest_helmsim.apiserver import http_server
from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.controllers.loop import Controllers
from pytest_helmsim.cli.app import Options
from pytest_helmsim.objects.clock import RealClock, VirtualClock
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.schema.catalog import UnknownKubernetesVersion


class ServeFailed(HelmsimError):
    """The cluster cannot be served: what is missing or taken."""


def serve(arguments: list[str], options: Options) -> None:
    """Serve until SIGINT or SIGTERM; the kubeconfig is written once the server answers."""
    if not options.kubeconfig:
        raise ServeFailed("serve needs a file to write the kubeconfig to: helmsim serve --kubeconfig FILE")
    try:
        server = ApiServer(options.kubernetes_version, clock=VirtualClock(RealClock().now()), seed=options.seed)
    except UnknownKubernetesVersion as error:
        raise ServeFailed(str(error)) from error
    loop = Controllers(server, names=options.controllers)
    loop.start()
    path = Path(options.kubeconfig)
    try:
        running = http_server.serve(server, port=options.port, kubeconfig=path)
    except OSError as error:
        raise ServeFailed(f"cannot serve on port {options.port} and write {path}: {error}") from error
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with running:
        click.echo(f"Kubernetes {options.kubernetes_version}, simulated, at {running.served.url}; kubeconfig {path}", err=True)
        done.wait()
