"""Whether a certificate and a private key, both as PEM text, belong together: what is wrong in Go's words, nothing when they do.

How a broken certificate itself is described (`x509: malformed certificate`) is one text for Go's many.
Source: Go src/crypto/tls/tls.go X509KeyPair, src/encoding/pem.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

_BLOCK = re.compile(rb"(?m)^-----BEGIN ([^\n]*?)-----[ \t\r]*\n(.*?)^-----END \1-----[ \t\r]*$", re.DOTALL)
_HEADERS = re.compile(rb"\A(?:[^\n:]+:[^\n]*\n)+\r?\n?")


def problem(certificate: bytes, key: bytes) -> str:
    """Why they are no pair."""
    blocks = list(_blocks(certificate))
    ders = [der for kind, der in blocks if kind == "CERTIFICATE"]
    if not ders:
        return _missing_certificate([kind for kind, _ in blocks])
    passed: list[str] = []
    for kind, der in _blocks(key):
        if kind == "PRIVATE KEY" or kind.endswith(" PRIVATE KEY"):
            return _mismatch(ders[0], der)
        passed.append(kind)
    if not passed:
        return "tls: failed to find any PEM data in key input"
    if passed == ["CERTIFICATE"]:
        return "tls: found a certificate rather than a key in the PEM for the private key"
    kinds = " ".join(passed)
    head = 'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input'
    return f"{head} after skipping PEM blocks of the following types: [{kinds}]"


def _missing_certificate(passed: list[str]) -> str:
    if not passed:
        return "tls: failed to find any PEM data in certificate input"
    if len(passed) == 1 and passed[0].endswith("PRIVATE KEY"):
        found = "but did find a private key; PEM inputs may have been switched"
        return f"tls: failed to find certificate PEM data in certificate input, {found}"
    kinds = " ".join(passed)
    head = 'tls: failed to find "CERTIFICATE" PEM block in certificate input'
    return f"{head} after skipping PEM blocks of the following types: [{kinds}]"


def _blocks(text: bytes) -> Iterator[tuple[str, bytes]]:
    for kind, body in _BLOCK.findall(text):
        try:
            yield kind.decode(errors="replace"), base64.b64decode(b"".join(_HEADERS.sub(b"", body).split()), validate=True)
        except binascii.Error:
            continue


def _mismatch(certificate: bytes, key: bytes) -> str:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    try:
        public: Any = x509.load_der_x509_certificate(certificate).public_key()
    except ValueError:
        return "x509: malformed certificate"
    except UnsupportedAlgorithm:
        return "tls: unknown public key algorithm"
    private = _private_key(key)
    if private is None:
        return "tls: failed to parse private key"
    pairs: tuple[tuple[Any, Any], ...] = (
        (rsa.RSAPublicKey, rsa.RSAPrivateKey),
        (ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey),
        (ed25519.Ed25519PublicKey, ed25519.Ed25519PrivateKey),
    )
    if not any(isinstance(private, kind) for _, kind in pairs):
        return "tls: found unknown private key type in PKCS#8 wrapping"
    for public_kind, private_kind in pairs:
        if isinstance(public, public_kind):
            if not isinstance(private, private_kind):
                return "tls: private key type does not match public key type"
            return "" if private.public_key() == public else "tls: private key does not match public key"
    return "tls: unknown public key algorithm"


def _private_key(der: bytes) -> Any:
    """The key, None for bytes that are none: PKCS #1, PKCS #8 or SEC 1."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        return load_der_private_key(der, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
