"""Record what real helm programs do for the scripts of tests/recorded/chart_commands/cases.yaml.

    python tools/record_chart_commands.py tests/recorded/chart_commands --helm3 BIN --helm4 BIN [--only TEXT]

Each script runs in a scratch home with HTTP servers on loopback. Of every step: exit code, standard output and error, and what the servers
were asked; of a step that starts with `$`, what it shows (`$cat FILE`, `$ls FOLDER`), or what it sets up (`$write FILE TEXT`, `$rm FILE`).
Addresses, folders, times and digests are written as words; lines for debugging are left out. Tests replay the scripts with our
program (`World`, `Script`).
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import io
import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
import tarfile
import tempfile
import threading
import urllib.parse
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

Run = Callable[[list[str], str, dict[str, str], str], tuple[int, str, str]]
"""Arguments, folder, environment and standard input to exit code, output and error."""
NAME = re.compile(r"(?P<name>.+)-\d[^-]*(-[a-z].*)?\.tgz")
MASKS = (
    (re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d"), "LOGTIME"),
    (re.compile(r"\"?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\"?"), "TIME"),
    (re.compile(r"(?<=/)[\w+-]{27}=(?=-index.yaml)"), "RANDOM"),
    (re.compile(r"(?<=\.tgz)\d+|(?<=index\.yaml)\d+"), "RANDOM"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "SHA256"),
    (re.compile(r"(?<=read tcp )[\d.:]+->[\d.:]+"), "ADDRESS"),
)


class Handler(BaseHTTPRequestHandler):
    """Serves a folder, and below `/v2/` a registry that keeps what is pushed (`private/…` asks for user:word).

    `/auth/` asks for user:word, `/moved/` and `/away/` lead to the file (away: on another host), `/loop` to itself.
    """

    world: World

    def do_GET(self) -> None:
        if self.path.startswith("/v2/"):
            return self.registry()
        path = self.path.partition("?")[0]
        credentials = self.headers.get("Authorization", "")
        shown = base64.b64decode(credentials.partition(" ")[2]).decode() if credentials else ""
        self.world.requests.append(f"{self.path} {shown}".rstrip())
        head, _, rest = path.lstrip("/").partition("/")
        if head == "auth" and shown != "user:word":
            return self.answer(401, b"who are you")
        if head in ("moved", "away"):
            base = self.world.url if head == "moved" else self.world.url.replace("127.0.0.1", "localhost")
            return self.answer(302, b"", Location=f"{base}/{rest}")
        if head == "loop":
            return self.answer(301, b"", Location="/loop")
        if head == "fail":
            return self.answer(500, b"broken")
        file = self.world.site / (rest if head == "auth" else path.lstrip("/"))
        if not file.is_file():
            return self.answer(404, b"404 page not found\n")
        return self.answer(200, file.read_bytes())

    def registry(self) -> None:
        """The API of registries, as far as pushing, pulling and listing tags need it."""
        path, _, query = self.path.partition("?")
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        wanted = "Basic " + base64.b64encode(b"user:word").decode()
        if path == "/v2/":
            return self.answer(200, b"{}")
        if path.startswith(("/v2/private/", "/v2/private")) and self.headers.get("Authorization") != wanted:
            return self.problem(401, "UNAUTHORIZED", "authentication required", **{"WWW-Authenticate": 'Basic realm="here"'})
        store = self.world.store
        found = re.fullmatch(r"/v2/(.+)/(manifests|blobs|tags)/(.+)", path)
        if found is None:
            return self.answer(404, b"404 page not found\n")
        name, what, key = found.groups()
        if key == "uploads/" and self.command == "POST":
            return self.answer(202, b"", Location=f"/v2/{name}/blobs/uploads/1")
        if key.startswith("uploads/"):
            digest = urllib.parse.unquote(query.partition("digest=")[2])
            store[name, what, digest] = ("application/octet-stream", data)
            return self.answer(201, b"", Location=f"/v2/{name}/blobs/{digest}")
        if self.command == "PUT":
            digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
            store[name, what, key] = store[name, what, digest] = (self.headers["Content-Type"], data)
            return self.answer(201, b"", **{"Docker-Content-Digest": digest})
        if what == "tags":
            tags = [each for each in store if each[:2] == (name, "manifests") and not each[2].startswith("sha256:")]
            if not tags:
                return self.problem(404, "NAME_UNKNOWN", "repository name not known to registry")
            return self.answer(200, json.dumps({"name": name, "tags": sorted(each[2] for each in tags)}).encode())
        if (name, what, key) not in store:
            return self.problem(404, "MANIFEST_UNKNOWN" if what == "manifests" else "BLOB_UNKNOWN", "not known to registry")
        kind, body = store[name, what, key]
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        return self.answer(200, body, **{"Content-Type": kind, "Docker-Content-Digest": digest})

    do_HEAD = do_POST = do_PUT = registry

    def problem(self, code: int, word: str, message: str, **headers: str) -> None:
        self.answer(code, json.dumps({"errors": [{"code": word, "message": message}]}).encode(), **headers)

    def answer(self, code: int, body: bytes, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class World:
    """Two servers (plain, TLS) and a scratch folder that each script gets anew."""

    def __init__(self, folder: Path) -> None:
        self.top = folder
        self.requests: list[str] = []
        self.store: dict[tuple[str, str, str], tuple[str, bytes]] = {}
        """What was pushed: repository, `manifests` or `blobs`, tag or digest, to content type and bytes."""
        handler = type("Bound", (Handler,), {"world": self})
        self.plain = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.safe = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.ca = folder / "ca.pem"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*make_certificate(folder))
        self.safe.socket = context.wrap_socket(self.safe.socket, server_side=True)
        self.url = f"http://127.0.0.1:{self.plain.server_port}"
        self.tls = f"https://127.0.0.1:{self.safe.server_port}"
        for server in (self.plain, self.safe):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.work = self.site = folder

    def close(self) -> None:
        for server in (self.plain, self.safe):
            server.shutdown()
            server.server_close()

    def fill(self, text: str) -> str:
        for word, value in (
            ("{url}", self.url),
            ("{host}", self.url.partition("//")[2]),
            ("{tlshost}", self.tls.partition("//")[2]),
            ("{tls}", self.tls),
            ("{work}", str(self.work)),
            ("{ca}", str(self.ca)),
        ):
            text = text.replace(word, value)
        return text

    def mask(self, text: str) -> str:
        other = self.url.replace("127.0.0.1", "localhost")
        for value, word in ((self.url, "URL"), (self.tls, "TLS"), (other, "OTHER"), (str(self.work), "WORK"), (str(self.ca), "CA")):
            text = text.replace(value, word)
        text = text.replace(self.url.partition("//")[2], "HOST").replace(self.tls.partition("//")[2], "TLSHOST")
        for pattern, word in MASKS:
            text = pattern.sub(word, text)
        return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("level=DEBUG"))

    def prepare(self, case: dict[str, Any], common: dict[str, Any]) -> None:
        """An empty folder with the files and archives of a script."""
        self.work = self.top / "w"
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        self.store.clear()
        self.site = self.work / "site"
        for name, files in {**common.get("archives", {}), **case.get("archives", {})}.items():
            put(self.work / name, archive(name, files))
        for name, text in {**common.get("files", {}), **case.get("files", {})}.items():
            put(self.work / name, self.digests(self.fill(text)).encode())

    def digests(self, text: str) -> str:
        """`DIGEST(file)` becomes the file's SHA-256."""
        return re.sub(r"DIGEST\((.+?)\)", lambda match: hashlib.sha256((self.work / match[1]).read_bytes()).hexdigest(), text)

    def environment(self) -> dict[str, str]:
        """A scratch home, and nothing of Helm's but what is in it."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
        return kept | {"HOME": str(self.work / "home"), "HELM_CACHE_HOME": str(self.work / "cache"), "KUBECONFIG": "/nonexistent"}

    def play(self, case: dict[str, Any], run: Run) -> list[dict[str, Any]]:
        """What each step gave."""
        return [{"step": text} | self.step(self.fill(text), case, run) for text in case["steps"].splitlines()]

    def step(self, text: str, case: dict[str, Any], run: Run) -> dict[str, Any]:
        words = shlex.split(text)
        if words[0].startswith("$"):
            return self.look(words)
        self.requests.clear()
        folder = str(self.work / case.get("in", "."))
        code, out, err = run(words, folder, self.environment() | case.get("env", {}), case.get("input", ""))
        result: dict[str, Any] = {"code": code}
        for key, value in (("out", self.mask(out)), ("err", self.mask(err))):
            if value:
                result[key] = value
        if self.requests:
            result["requests"] = sorted(self.mask(each) for each in self.requests)
        return result

    def look(self, words: list[str]) -> dict[str, Any]:
        path = self.work / words[1]
        if words[0] == "$cat":
            return {"shown": self.mask(path.read_text()) if path.is_file() else None}
        if words[0] == "$ls":
            names = sorted(each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file())
            return {"shown": [self.mask(each) for each in names]}
        if words[0] == "$pushed":
            return {"shown": self.pushed(words[1], words[2])}
        if words[0] == "$entries" and not path.is_file():
            return {"shown": None}
        if words[0] == "$entries":
            with tarfile.open(path) as opened:
                return {"shown": [each.name for each in opened]}
        if words[0] == "$write":
            put(path, words[2].replace("\\n", "\n").encode())
        elif words[0] == "$rm":
            path.unlink(missing_ok=True)
        else:
            raise ValueError(words[0])
        return {}

    def pushed(self, name: str, tag: str) -> Any:
        """A manifest and the configuration that it names."""
        found = self.store.get((name, "manifests", tag))
        if found is None:
            return None
        manifest = json.loads(found[1])
        config = json.loads(self.store[name, "blobs", manifest["config"]["digest"]][1])
        for each in (manifest["config"], *manifest["layers"]):
            each["digest"], each["size"] = "SHA256", min(each["size"], 1)
        manifest["annotations"] = {key: self.mask(value) for key, value in manifest.get("annotations", {}).items()}
        return {"manifest": manifest, "config": config}


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def archive(path: str, files: dict[str, str]) -> bytes:
    """A chart's archive with equal bytes every time; a name with `/` in front stands as it is."""
    found = NAME.fullmatch(Path(path).name)
    folder = found["name"] if found else "chart"
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as opened:
        for name, text in files.items():
            entry = tarfile.TarInfo(name[1:] if name.startswith("/") else f"{folder}/{name}")
            entry.size = len(text.encode())
            opened.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(raw.getvalue(), mtime=0)


def make_certificate(folder: Path) -> tuple[str, str]:
    """A certificate of its own for 127.0.0.1: `ca.pem`, and beside it the key."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start.replace(year=2060))
    builder = builder.add_extension(names, critical=False).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    return str(folder / "ca.pem"), str(folder / "key.pem")


def program(binary: str) -> Run:
    """A real helm as a process."""

    def run(arguments: list[str], folder: str, environment: dict[str, str], text: str) -> tuple[int, str, str]:
        done = subprocess.run([binary, *arguments], cwd=folder, env=environment, input=text.encode(), capture_output=True, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--helm3", required=True)
    parser.add_argument("--helm4", required=True)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    document = yaml.safe_load((options.folder / "cases.yaml").read_text())
    with tempfile.TemporaryDirectory() as scratch:
        world = World(Path(scratch))
        for flavour, binary in (("helm3", options.helm3), ("helm4", options.helm4)):
            target = options.folder / f"{flavour}.json"
            answers = json.loads(target.read_text()) if options.only and target.exists() else {}
            for case in document["cases"]:
                if options.only in case["name"] and case.get("only", flavour) == flavour:
                    world.prepare(case, document["common"])
                    answers[case["name"]] = world.play(case, program(binary))
            target.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n")
        world.close()


if __name__ == "__main__":
    main()
