"""A webhook on loopback with an answer for each path, for the recorder and for the tests that replay what it recorded."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import ssl
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SIDECAR = {"name": "mesh", "image": "mesh:1"}
PATCHES: dict[str, Any] = {
    "label": [{"op": "add", "path": "/metadata/labels", "value": {"hook": "yes"}}],
    "label-2": [{"op": "add", "path": "/metadata/labels/second", "value": "yes"}],
    "sidecar": [{"op": "add", "path": "/spec/containers/-", "value": SIDECAR}],
    "same": [{"op": "add", "path": "/metadata/annotations", "value": {"a": "b"}}],
    "none": [],
    "lost": [{"op": "remove", "path": "/spec/nothing/here"}],
    "type": [{"op": "add", "path": "/data", "value": {"a": 5}}],
    "unknown": [{"op": "add", "path": "/metadata/nonsense", "value": 5}, {"op": "add", "path": "/rubbish", "value": {}}],
    "name": [{"op": "replace", "path": "/metadata/name", "value": "renamed"}],
    "test": [{"op": "test", "path": "/metadata/name", "value": "other"}],
    "data": [{"op": "add", "path": "/data", "value": {"hook": "was here"}}],
}
DENIALS: dict[str, Any] = {
    "deny": {"message": "not today"},
    "deny-code": {"message": "not at all", "code": 403, "reason": "Forbidden"},
    "deny-reason": {"reason": "Conflict", "code": 409},
    "deny-silent": None,
    "deny-empty": {},
    "deny-low": {"message": "fine", "code": 200, "status": "Success"},
    "deny-details": {
        "message": "see there",
        "code": 422,
        "reason": "Invalid",
        "details": {"causes": [{"reason": "FieldValueInvalid", "message": "bad", "field": "data.a"}]},
    },
}


def answer(path: str, review: dict[str, Any]) -> tuple[int, bytes]:
    """Status and body for a path."""
    name = path.split("?", maxsplit=1)[0].strip("/")
    response: dict[str, Any] = {"uid": review["request"]["uid"], "allowed": True}
    whole = {"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": response}
    if name in PATCHES:
        response |= {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(PATCHES[name]).encode()).decode()}
    elif name in DENIALS:
        response["allowed"] = False
        if DENIALS[name] is not None:
            response["status"] = DENIALS[name]
    match name:
        case "warn":
            response["warnings"] = ["careful", 'with "quotes"', "and\nlines"]
        case "warn-deny":
            response |= {"warnings": ["careful"], "allowed": False, "status": {"message": "no"}}
        case "wrong-uid":
            response["uid"] = "other"
        case "no-response":
            del whole["response"]
        case "no-type":
            response["patch"] = base64.b64encode(b"[]").decode()
        case "no-patch":
            response["patchType"] = "JSONPatch"
        case "merge":
            response |= {"patchType": "MergePatch", "patch": base64.b64encode(b"{}").decode()}
        case "merge-list":
            response |= {"patchType": "MergePatch", "patch": base64.b64encode(json.dumps(PATCHES["data"]).encode()).decode()}
        case "undecodable":
            response |= {"patchType": "JSONPatch", "patch": base64.b64encode(b"nonsense").decode()}
        case "wrong-kind":
            whole["kind"] = "Other"
        case "old":
            whole["apiVersion"] = "admission.k8s.io/v1beta1"
        case "text":
            return 200, b"hello"
        case "error":
            return 500, b"boom"
        case "lost-page":
            return 404, b"no such page"
        case "unauthorized":
            return 401, b"who"
        case "teapot":
            return 418, b"short and stout"
    return 200, json.dumps(whole).encode()


def certificate(subject: str = "webhook") -> tuple[bytes, bytes]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return built.public_bytes(encoding), private


class WebhookServer:
    """Serves on a free port; `reviews` are the AdmissionReviews that came, each with its path, oldest first."""

    def __init__(self) -> None:
        self.reviews: list[tuple[str, dict[str, Any]]] = []
        public, private = certificate()
        self.bundle = base64.b64encode(public).decode()
        self.other_bundle = base64.b64encode(certificate("stranger")[0]).decode()
        reviews = self.reviews

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                reviews.append((self.path, review))
                status, body = answer(self.path, review)
                self.send_response(status)
                self.send_header("Content-Type", "application/json" if body.startswith(b"{") else "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "both.pem")
            path.write_bytes(public + private)
            context.load_cert_chain(path)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def filled(self, text: str) -> str:
        """Address and certificates put in for `{url}`, `{ca}` and `{other-ca}`."""
        text = text.replace("{url}", f"https://127.0.0.1:{self.port}").replace("{other-ca}", self.other_bundle)
        return text.replace("{ca}", self.bundle)

    def masked(self, text: str) -> str:
        """The other way round."""
        text = text.replace(f"127.0.0.1:{self.port}", "127.0.0.1:1").replace(self.other_bundle, "{other-ca}")
        return text.replace(self.bundle, "{ca}")
