"""TLS Secrets whose key and certificate do not fit get the warning that the real server gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pytest_helmsim.apiserver.key_pairs import problem


def pem(kind: str, body: str = "c2ltdWxhdGVk") -> bytes:
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n".encode()


@pytest.fixture(scope="module")
def pair() -> tuple[bytes, bytes]:
    """A certificate and its key, of an elliptic curve."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    certificate = builder.not_valid_before(start).not_valid_after(start + timedelta(days=1)).sign(key, hashes.SHA256())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(*form)


def test_a_pair(pair: tuple[bytes, bytes]) -> None:
    assert problem(*pair) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", "tls: failed to find any PEM data in key input"),
        (pem("CERTIFICATE"), "tls: found a certificate rather than a key in the PEM for the private key"),
        (
            pem("PUBLIC KEY"),
            (
                'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping '
                "PEM blocks of the following types: [PUBLIC KEY]"
            ),
        ),
        (pem("PRIVATE KEY"), "tls: failed to parse private key"),
    ],
)
def test_keys(pair: tuple[bytes, bytes], text: bytes, expected: str) -> None:
    assert problem(pair[0], text) == expected


def test_another_key(pair: tuple[bytes, bytes]) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(*form)
    assert problem(pair[0], other) == "tls: private key does not match public key"
    other = ed25519.Ed25519PrivateKey.generate().private_bytes(*form)
    assert problem(pair[0], other) == "tls: private key type does not match public key type"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"YQ==", "tls: failed to find any PEM data in certificate input"),
        (pem("CERTIFICATE", "..."), "tls: failed to find any PEM data in certificate input"),
        (
            pem("RSA PRIVATE KEY"),
            "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
        ),
        (
            pem("A") + pem("B"),
            'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [A B]',
        ),
        (pem("CERTIFICATE"), "x509: malformed certificate"),
    ],
)
def test_certificates(pair: tuple[bytes, bytes], text: bytes, expected: str) -> None:
    assert problem(text, pair[1]) == expected
