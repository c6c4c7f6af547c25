"""Every failure point of every operation: a chart, the operations, one fault at one call, and what is left afterwards.

A call is named by what it does (`PATCH configmaps/a`) and how often that was done before, since the reads of the real Helm
and ours need not be the same in number. The real helm meets its faults in a proxy before the real API server, ours in a
handler. What is left: how it ended, the error's text, the records, the objects; then the way out is taken.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import scenarios

from pytest_helmsim.client.client import Client
from pytest_helmsim.client.doors import BrokenOff, Unreachable
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.status import ApiError, Conflict, Forbidden, InternalError, Invalid, NotFound, Timeout, TooManyRequests
from pytest_helmsim.objects.wire import Handler, Request, Response
from pytest_helmsim.release.engine import Engine
from pytest_helmsim.release.model import PENDING

RECORDED = Path(__file__).parent.parent / "recorded" / "release_faults"
CHART = {
    "values.yaml": "key: one\nsecond: true\nthird: false\n",
    "templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {key: {{ .Values.key | quote }}}\n",
    "templates/b.yaml": "{{ if .Values.second }}\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\n{{ end }}",
    "templates/c.yaml": "{{ if .Values.third }}\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: c}\n{{ end }}",
    "templates/before.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: before\n  annotations:\n"
        "    helm.sh/hook: pre-install,pre-upgrade,pre-rollback,pre-delete\n"
        "    helm.sh/hook-delete-policy: before-hook-creation\n"
    ),
    "templates/after.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: after\n  annotations:\n"
        "    helm.sh/hook: post-install,post-upgrade,post-rollback,post-delete\n"
        "    helm.sh/hook-delete-policy: hook-succeeded,hook-failed\n"
    ),
}
_IDLE = "spec:\n  parallelism: 1\n  activeDeadlineSeconds: 1\n  template:\n    spec: {restartPolicy: Never, containers: [{name: c, image: i}]}\n"
CHARTS: dict[str, dict[str, str]] = {
    "app": CHART,
    "hooked": {
        "base": "app",
        **{
            f"templates/{name}.yaml": f"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}, annotations: {{helm.sh/hook: {event}}}}}\n{_IDLE}"
            for name, event in (("rolling", "pre-rollback"), ("rolled", "post-rollback"), ("leaving", "pre-delete"))
        },
        "templates/tests.yaml": (
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: tested\n  annotations: {helm.sh/hook: test, helm.sh/hook-weight: '-1'}\n---\n"
            f"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: test, annotations: {{helm.sh/hook: test}}}}\n{_IDLE}"
        ),
    },
}
"""`hooked` has Jobs as hooks that fail after a second, since nothing runs their pods."""
TWO = {"key": "two", "second": False, "third": True}
UPGRADED: list[dict[str, Any]] = [{"install": {"chart": "app"}}, {"upgrade": {"chart": "app", "values": {"key": "1.5"}}}]
OPERATIONS: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "install": ([], {"install": {"chart": "app"}}),
    "install-atomic": ([], {"install": {"chart": "app", "atomic": True}}),
    "upgrade": (UPGRADED, {"upgrade": {"chart": "app", "values": TWO}}),
    "upgrade-atomic": (UPGRADED, {"upgrade": {"chart": "app", "values": TWO, "atomic": True}}),
    "upgrade-cleanup": (UPGRADED, {"upgrade": {"chart": "app", "values": TWO, "cleanup_on_fail": True}}),
    "rollback": ([*UPGRADED, {"upgrade": {"chart": "app", "values": TWO}}], {"rollback": {"revision": 1}}),
    "uninstall": (UPGRADED, {"uninstall": {}}),
    "uninstall-keep": (UPGRADED, {"uninstall": {"keep_history": True}}),
    "test": ([{"install": {"chart": "hooked"}}], {"test": {}}),
    "rollback-hook": (
        [{"install": {"chart": "hooked"}}, {"upgrade": {"chart": "hooked", "values": TWO}}],
        {"rollback": {"revision": 1}},
    ),
    "uninstall-hook": ([{"install": {"chart": "hooked"}}], {"uninstall": {}}),
}
"""What is there before, and the operation."""
WITH_JOBS = ("test", "rollback-hook", "uninstall-hook")
CONTROLLERS = "namespace-controller,job-controller"

ANSWERS = ("500", "409", "drop")
KILLS = ("kill-before", "kill-after")
STATUSES: dict[str, type[ApiError]] = {
    "500": InternalError,
    "409": Conflict,
    "403": Forbidden,
    "422": Invalid,
    "429": TooManyRequests,
    "504": Timeout,
}
LOST = {"drop": "EOF", "reset": "read: connection reset by peer"}
MORE = ("403", "422", "429", "504", "cut", "reset")
"""`429` says to come again in a second; `cut` is an answer that breaks off in its body, `reset` a connection that does."""
SIGNALS = ("int-before", "int-after")
"""SIGINT while the call is not done, or done and not answered; the answer comes a second later if anybody is left to hear it."""


@dataclass(frozen=True)
class Fault:
    """One fault: `how` (of ANSWERS, KILLS) at the `number`-th call of that name."""

    call: str = ""
    number: int = 1
    how: str = ""


def call_name(method: str, path: str, query: dict[str, Any]) -> str:
    """`GET secrets`, `PATCH configmaps/a`, `WATCH configmaps`; a query of records for a status has it behind a question mark."""
    watch = "watch" in query or "/watch/" in path
    short = re.sub(r"^/apis?/([^/]+/)?v1/namespaces/[^/]+/", "", path)
    selector = "".join(query.get("labelSelector", ()))
    status = re.search(r"status=(\w+)", selector)
    name = f"{'WATCH' if watch else method} {short}{f'?{status[1]}' if status else ''}"
    return re.sub(r"/namespaces/helm\d-[^/]+", "/namespaces/NS", name)


@dataclass
class Plan:
    """Counts calls, and says which one has the fault."""

    fault: Fault = field(default_factory=Fault)
    calls: list[str] = field(default_factory=list)
    hit: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    interrupt: Callable[[], None] = lambda: None
    lock: Any = field(default_factory=threading.Lock)

    def meets(self, name: str) -> str:
        """How this call is to fail; empty when it is not."""
        with self.lock:
            self.calls.append(name)
            self.counts[name] += 1
            if name == self.fault.call and self.counts[name] == self.fault.number and not self.hit:
                self.hit = True
                return self.fault.how
        return ""


def status_of(how: str) -> dict[str, Any]:
    """The answer of a call that fails with a status."""
    return STATUSES[how]("injected").to_status()


def headers_of(how: str) -> dict[str, str]:
    """Its headers."""
    return {"Content-Type": "application/json", **({"Retry-After": "1"} if how == "429" else {})}


class Killed(BaseException):
    """What ends our engine as a kill ends a process."""


def interrupted() -> None:
    """What Python does at SIGINT where nobody listens."""
    raise KeyboardInterrupt


def faulty(handler: Handler, plan: Plan) -> Handler:
    """A handler with a fault."""

    def handle(request: Request) -> Response:
        how = plan.meets(call_name(request.method, request.path, dict(request.query)))
        if how in STATUSES:
            answer = Response.of(status_of(how), int(how))
            return Response(answer.status, answer.body, tuple({**dict(answer.headers), **headers_of(how)}.items()))
        if how in LOST:
            raise Unreachable(request.method, f"http://server{request.path}", LOST[how])
        if how == "kill-before":
            raise Killed
        if how == "int-before":
            plan.interrupt()
        answer = handler(request)
        if how == "kill-after":
            raise Killed
        if how == "int-after":
            plan.interrupt()
        if how == "cut":
            raise BrokenOff(request.method, f"http://server{request.path}")
        return answer

    return handle


class Proxy:
    """A plain HTTP server before the real API server, with the token added; faults by `plan`, kills by `kill`."""

    def __init__(self, server: str, token: str) -> None:
        self.plan = Plan()
        self.kill: Callable[[], None] = lambda: None
        self.interrupt: Callable[[], bool] = lambda: False
        outer = self
        address = urlsplit(server)
        assert address.hostname
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments: Any) -> None:
                """Quiet."""

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                how = outer.plan.meets(call_name(self.command, parts.path, parse_qs(parts.query)))
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.close_connection = True
                if how in STATUSES:
                    self._send(int(how), headers_of(how), json.dumps(status_of(how)).encode())
                    return
                if how == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    os.close(self.connection.detach())
                if how in LOST:
                    return
                if how == "kill-before":
                    outer.kill()
                    return
                if how == "int-before" and outer.interrupt():
                    return
                upstream = http.client.HTTPSConnection(str(address.hostname), address.port, context=context)
                try:
                    headers = {
                        key: value for key, value in self.headers.items() if key.lower() not in ("host", "connection", "accept-encoding")
                    }
                    upstream.request(self.command, self.path, body or None, {**headers, "Authorization": f"Bearer {token}"})
                    answer = upstream.getresponse()
                    self._forward(answer, how, "watch" in parse_qs(parts.query))
                finally:
                    upstream.close()

            def _forward(self, answer: http.client.HTTPResponse, how: str, watch: bool) -> None:
                headers = {
                    key: value
                    for key, value in answer.getheaders()
                    if key.lower() not in ("transfer-encoding", "content-length", "connection")
                }
                if not watch:
                    data = answer.read()
                    if how == "kill-after":
                        outer.kill()
                        return
                    if how == "int-after":
                        outer.interrupt()
                    self._send(answer.status, headers, data, len(data) // 2 if how == "cut" else None)
                    return
                self.send_response(answer.status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Connection", "close")
                self.end_headers()
                try:
                    while chunk := answer.read1(65536):
                        self.wfile.write(chunk)
                        self.wfile.flush()
                except OSError:
                    return

            def _send(self, status: int, headers: dict[str, str], data: bytes, stop: int | None = None) -> None:
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(data[:stop])

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A killed program's connection breaks."""

        self.server = Quiet(("127.0.0.1", 0), Door)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def kubeconfig(self, place: Path) -> str:
        """A file that leads programs to the proxy."""
        file = place / "proxied"
        file.write_text(
            f"apiVersion: v1\nkind: Config\nclusters: [{{name: p, cluster: {{server: 'http://127.0.0.1:{self.server.server_address[1]}'}}}}]\n"
            "users: [{name: p, user: {}}]\ncontexts: [{name: p, context: {cluster: p, user: p}}]\ncurrent-context: p\n"
        )
        return str(file)

    def close(self) -> None:
        """Stop serving."""
        self.server.shutdown()
        self.server.server_close()


KINDS = ("ConfigMap", "Secret", "ServiceAccount", "Job.batch")


def case(flavour: str, operation: str, namespace: str) -> scenarios.Scenario:
    """The scenario of one run; its name makes the namespace."""
    return scenarios.Scenario(namespace, flavour, CHARTS, [])


def state(client: Client, scenario: scenarios.Scenario) -> dict[str, Any]:
    """Objects and records, the namespace's name masked."""
    found: dict[str, Any] = {}
    for kind in KINDS:
        for obj in client.list(kind, scenario.namespace):
            name = obj["metadata"]["name"]
            if name in ("kube-root-ca.crt", "default"):
                continue
            if obj.get("type") == "helm.sh/release.v1":
                found[f"record {name.removeprefix('sh.helm.release.v1.')}"] = scenarios.masked_record(obj, scenario)
            else:
                found[f"{kind}/{name}"] = scenarios.masked_object(obj, scenario)
    return {key: masked(value, scenario.namespace) for key, value in found.items()}


def masked(value: Any, namespace: str = "NS") -> Any:
    """Without the names of machine and namespace, and without the queries of addresses."""
    return json.loads(words(json.dumps(value, ensure_ascii=False), namespace))


def words(text: str, namespace: str) -> str:
    """A text without the machine's names."""
    text = scenarios.mask_text(text, case("", "", "")).replace(namespace, "NS")
    text = re.sub(r"http://(127\.0\.0\.1:\d+|server)", "", text)
    text = re.sub(r"read tcp \S+: ", "", text)
    return re.sub(r'((?:Get|Put|Post|Patch|Delete) \\?"[^?"\\]*)\?[^"\\]*', r"\1", text)


def way_out(engine: Engine, chart: Path) -> list[str]:
    """The documented recovery: a rollback of what is pending, an uninstall, and an install works again.

    A hook without `before-hook-creation` that was left over has to be deleted by hand.
    """
    done = []
    try:
        engine.client.delete("ConfigMap", "after", engine.namespace)
        done.append("delete hook")
    except NotFound:
        pass
    try:
        records = engine.history("app")
    except HelmsimError:
        records = []
    if records and records[-1].status in PENDING and len(records) > 1:
        done.append(f"rollback: {engine.rollback('app', 1, no_hooks=True).status}")
    if records:
        engine.uninstall("app", no_hooks=True)
        done.append("uninstall")
    done.append(f"install: {engine.install('app', chart, take_ownership=True).status}")
    return done


def run_real(
    binary: str, flavour: str, operation: str, fault: Fault, number: int, client: Client, proxy: Proxy, place: Path
) -> dict[str, Any]:
    """The real helm with a fault: how it ended and what is left."""
    scenario = case(flavour, operation, f"{operation}-{number}")
    scenarios.await_gone(client, scenario)
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": scenario.namespace}})
    before, step = OPERATIONS[operation]
    try:
        ours = scenarios.Ours(client, scenario, place)
        for each in before:
            ((name, options),) = each.items()
            answer = ours.run(name, options)
            assert answer.ok, answer
        proxy.plan = Plan(fault)
        runner = scenarios.Real(binary, proxy.kubeconfig(place), scenario, place)
        ((name, options),) = step.items()
        program = subprocess.Popen(
            runner.command(name, dict(options)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/bin:/bin", "HOME": str(place), "KUBECONFIG": proxy.kubeconfig(place)},
        )
        proxy.kill = lambda: program.send_signal(signal.SIGKILL)
        ended = threading.Event()

        def interrupt() -> bool:
            program.send_signal(signal.SIGINT)
            return ended.wait(1)

        proxy.interrupt = interrupt
        late = False
        try:
            _, errors = program.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            program.kill()
            _, errors = program.communicate()
            late = True
        ended.set()
        result: dict[str, Any] = {"exit": program.returncode, "hit": proxy.plan.hit and not late, "calls": proxy.plan.calls}
        if program.returncode > 0:
            result["error"] = words(errors.partition("Error: ")[2].removesuffix("\n"), scenario.namespace)
        result["state"] = state(client, scenario)
        return result
    finally:
        client.delete("Namespace", scenario.namespace)


def run_ours(server: Any, flavour: str, operation: str, fault: Fault, place: Path) -> dict[str, Any]:
    """Our engine with the same fault on a fork of the embedded server where the state before is already there."""
    from pytest_helmsim.apiserver.controllers.loop import Controllers
    from pytest_helmsim.objects.clock import VirtualClock

    scenario = case(flavour, operation, f"{operation}-0")
    clock = VirtualClock(server.clock.now())
    twin = server.fork(clock=clock)
    if operation in WITH_JOBS:
        Controllers(twin, names=CONTROLLERS).start()
    client = Client(twin.handle, clock)
    plan = Plan(fault)
    runner = scenarios.Ours(Client(faulty(twin.handle, plan), clock), scenario, place)
    ((name, options),) = OPERATIONS[operation][1].items()
    plan.interrupt = runner.engine.cancel if name in ("install", "upgrade") else interrupted
    result: dict[str, Any] = {}
    try:
        answer = runner.run(name, options)
    except Killed:
        result["exit"] = -9
    except KeyboardInterrupt:
        result["exit"] = -2
    else:
        result["exit"] = 0 if answer.ok else 1
        if answer.error:
            result["error"] = words(answer.error, scenario.namespace)
    result |= {"hit": plan.hit, "calls": plan.calls, "state": state(client, scenario)}
    result["recovery"] = way_out(Engine(client, flavour=flavour, namespace=scenario.namespace), place / "app")  # type: ignore[arg-type]
    return result


def prepared_for(server: Any, flavour: str, operation: str, place: Path) -> Any:
    """A fork of the embedded server in the state before the operation."""
    from pytest_helmsim.objects.clock import VirtualClock

    scenario = case(flavour, operation, f"{operation}-0")
    clock = VirtualClock(server.clock.now())
    twin = server.fork(clock=clock)
    client = Client(twin.handle, clock)
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": scenario.namespace}})
    runner = scenarios.Ours(client, scenario, place)
    for each in OPERATIONS[operation][0]:
        ((name, options),) = each.items()
        assert runner.run(name, options).ok
    return twin
