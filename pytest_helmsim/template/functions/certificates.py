"""Private keys and X.509 certificates as sprig makes them: RSA 2048, server and client use, valid from now on.

Key material comes from the system's randomness, also where everything else is seeded.

Source: github.com/Masterminds/sprig/v3 crypto.go; Go src/crypto/x509/x509.go.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_helmsim.objects import gojson
from pytest_helmsim.objects.clock import Clock
from pytest_helmsim.template import gofmt
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions.encoding import EncodingError, decode_base64
from pytest_helmsim.template.functions.runes import to_bytes, to_text
from pytest_helmsim.template.quoting import quote
from pytest_helmsim.template.signatures import Table
from pytest_helmsim.template.values import GoObject, Value

if TYPE_CHECKING:
    from cryptography import x509

_CERTIFICATE = "sprig.certificate"
_PEM = re.compile(rb"-----BEGIN ([^\r\n-]*)-----[ \t\r]*\n(.*?)-----END \1-----", re.DOTALL)


class Certificate(GoObject):
    """A certificate and its key as PEM text: what `.Cert` and `.Key` give."""

    GO_TYPE = _CERTIFICATE
    KIND = "struct"
    COMPARABLE: ClassVar[bool] = True
    fields: ClassVar[Mapping[str, str]] = {"Cert": "cert", "Key": "key"}

    def __init__(self, cert: str, key: str) -> None:
        self.cert = cert
        self.key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and (self.cert, self.key) == (other.cert, other.key)

    def __hash__(self) -> int:
        return hash((self.cert, self.key))

    def marshal_json(self) -> str:
        """An object of both texts."""
        return gojson.encode_fields([("Cert", self.cert), ("Key", self.key)])


def table(clock: Clock) -> Table:
    """The functions over a clock."""
    maker = _Maker(clock)
    result = Table()
    result.function("genPrivateKey", "string", result="string")(generate_private_key)
    result.function("buildCustomCert", "string", "string", result=_CERTIFICATE)(build_custom)
    lists = ("[]any", "[]any")
    result.function("genCA", "string", "int", result=_CERTIFICATE)(maker.authority)
    result.function("genCAWithKey", "string", "int", "string", result=_CERTIFICATE)(maker.authority)
    result.function("genSelfSignedCert", "string", *lists, "int", result=_CERTIFICATE)(maker.self_signed)
    result.function("genSelfSignedCertWithKey", "string", *lists, "int", "string", result=_CERTIFICATE)(maker.self_signed)
    result.function("genSignedCert", "string", *lists, "int", _CERTIFICATE, result=_CERTIFICATE)(maker.signed)
    result.function("genSignedCertWithKey", "string", *lists, "int", _CERTIFICATE, "string", result=_CERTIFICATE)(maker.signed)
    return result


def generate_private_key(kind: str) -> str:
    """PEM of a new key; a kind that does not exist is the result's text."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

    if kind in ("", "rsa"):
        return _key_pem(rsa.generate_private_key(65537, 4096))
    if kind == "dsa":
        return _key_pem(dsa.generate_private_key(2048))
    if kind == "ecdsa":
        return _key_pem(ec.generate_private_key(ec.SECP256R1()))
    if kind == "ed25519":
        return _key_pem(ed25519.Ed25519PrivateKey.generate())
    return f"Unknown type {kind}"


def _key_pem(key: Any) -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    traditional = serialization.PrivateFormat.TraditionalOpenSSL
    style = serialization.PrivateFormat.PKCS8 if isinstance(key, ed25519.Ed25519PrivateKey) else traditional
    pem: bytes = key.private_bytes(serialization.Encoding.PEM, style, serialization.NoEncryption())
    return pem.decode("ascii")


def _first_block(text: str) -> tuple[str, bytes] | None:
    """Type and text of the first PEM block."""
    match = _PEM.search(to_bytes(text))
    return (match[1].decode("utf-8", "replace"), match.group() + b"\n") if match else None


def parse_private_key(text: str) -> Any:
    """The key of the first PEM block; raise FunctionError with sprig's message."""
    from cryptography.hazmat.primitives import serialization

    block = _first_block(text)
    if block is None:
        raise FunctionError("no PEM data in input")
    kind, pem = block
    if kind == "PRIVATE KEY":
        prefix = "decoding PEM as PKCS#8"
    elif not kind.endswith(" PRIVATE KEY"):
        raise FunctionError(f"no private key data in PEM block of type {kind}")
    elif kind in ("RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY"):
        prefix = f"parsing {kind.split()[0]} private key from PEM"
    else:
        raise FunctionError(f"invalid private key type {kind}")
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise FunctionError(f"{prefix}: {error}") from error


def _parse_certificate(text: str, where: str) -> x509.Certificate:
    from cryptography import x509

    block = _first_block(text)
    if block is None:
        raise FunctionError("unable to decode certificate")
    try:
        return x509.load_pem_x509_certificate(block[1].replace(block[0].encode(), b"CERTIFICATE"))
    except ValueError as error:
        raise FunctionError(f"error parsing certificate: {where}: x509: malformed certificate") from error


def build_custom(certificate: str, key: str) -> Certificate:
    """From base 64 of PEM text, checked."""
    try:
        cert = to_text(decode_base64(certificate))
    except EncodingError as error:
        raise FunctionError("unable to decode base64 certificate") from error
    try:
        private = to_text(decode_base64(key))
    except EncodingError as error:
        raise FunctionError("unable to decode base64 private key") from error
    _parse_certificate(cert, "decodedCert.Bytes")
    _signer_key(private)
    return Certificate(cert, private)


def _signer_key(text: str) -> Any:
    try:
        return parse_private_key(text)
    except FunctionError as error:
        raise FunctionError(f"error parsing private key: {error}") from error


class _Maker:
    """Makes certificates that begin now."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def authority(self, name: str, days: int, key: str | None = None) -> Certificate:
        """`genCA`."""
        return self._issue(name, [], days, _given_key(key), authority=True)

    def self_signed(self, name: str, ips: Value, names: Value, days: int, key: str | None = None) -> Certificate:
        """`genSelfSignedCert`."""
        given = _given_key(key)
        return self._issue(name, _alternatives(ips, names), days, given)

    def signed(self, name: str, ips: Value, names: Value, days: int, ca: Certificate, key: str | None = None) -> Certificate:
        """`genSignedCert`."""
        given = _given_key(key)
        signer = (_parse_certificate(ca.cert, "decodedSignerCert.Bytes"), _signer_key(ca.key))
        return self._issue(name, _alternatives(ips, names), days, given, signer=signer)

    def _issue(
        self,
        name: str,
        names: list[Any],
        days: int,
        key: Any,
        *,
        authority: bool = False,
        signer: tuple[x509.Certificate, Any] | None = None,
    ) -> Certificate:
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
        issuer, signing_key = (signer[0].subject, signer[1]) if signer else (subject, key)
        public = key.public_key()
        start = datetime.fromtimestamp(int(self.clock.now()), UTC)
        try:
            builder = x509.CertificateBuilder(issuer, subject, public, secrets.randbits(128) or 1, start, start + timedelta(days=days))
        except (ValueError, OverflowError) as error:
            raise FunctionError(f"error creating certificate: {error}") from error
        builder = builder.add_extension(_key_usage(authority), critical=True)
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        if authority:
            point = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            builder = builder.add_extension(x509.SubjectKeyIdentifier(_key_identifier(point)), critical=False)
        if signer and issuer != subject:
            builder = _with_authority(builder, signer[0])
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not name)
        signed = builder.sign(signing_key, _digest(signing_key))
        return Certificate(signed.public_bytes(Encoding.PEM).decode("ascii"), _key_pem(key))


def _given_key(text: str | None) -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    if text is None:
        return rsa.generate_private_key(65537, 2048)
    try:
        return parse_private_key(text)
    except FunctionError as error:
        raise FunctionError(f"parsing private key: {error}") from error


def _digest(key: Any) -> Any:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519

    if isinstance(key, dsa.DSAPrivateKey):
        raise FunctionError("error creating certificate: x509: certificate private key does not implement crypto.Signer")
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.key_size > 256:
        return hashes.SHA384() if key.curve.key_size == 384 else hashes.SHA512()
    return hashes.SHA256()


def _key_usage(authority: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key_identifier(public: bytes) -> bytes:
    """Of the bit string within SubjectPublicKeyInfo: the first 20 bytes of its SHA-256."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    key: Any = load_der_public_key(public)
    digest_of_all = x509.SubjectKeyIdentifier.from_public_key(key).digest
    body = next(public[at:] for at in range(len(public)) if hashlib.sha1(public[at:], usedforsecurity=False).digest() == digest_of_all)
    return hashlib.sha256(body).digest()[:20]


def _with_authority(builder: x509.CertificateBuilder, signer: x509.Certificate) -> x509.CertificateBuilder:
    from cryptography import x509

    try:
        identifier = signer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return builder
    return builder.add_extension(x509.AuthorityKeyIdentifier(identifier.digest, None, None), critical=False)


def _alternatives(ips: Value, names: Value) -> list[Any]:
    from cryptography import x509

    addresses = []
    for ip in ips or []:
        if not isinstance(ip, str):
            raise FunctionError(f"error parsing ip: {gofmt.show_reflected(ip)} is not a string")
        try:
            address = ipaddress.ip_address(ip if "%" not in ip else "")
        except ValueError as error:
            raise FunctionError(f"error parsing ip: {ip}") from error
        addresses.append(x509.IPAddress(getattr(address, "ipv4_mapped", None) or address))
    hosts = []
    for name in names or []:
        if not isinstance(name, str):
            raise FunctionError(f"error processing alternate dns name: {gofmt.show_reflected(name)} is not a string")
        if not name.isascii():
            raise FunctionError(f"error creating certificate: x509: {quote(name)} cannot be encoded as an IA5String")
        hosts.append(x509.DNSName(name))
    return [*hosts, *addresses]
