"""Functions whose results no recording can hold, by their form and by taking them apart: keys, certificates, passwords, random text, now.

Covered: formats, sizes, the same seed giving the same bytes, what a signed certificate verifies against. Not covered: the quality of
the randomness.
"""

from __future__ import annotations

import base64
import re
import uuid

import bcrypt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.template.environment import Environment
from pytest_helmsim.template.functions import FUNCTIONS, bound_to

START = 1_790_000_000.25


def render(template: str, seed: int = 1) -> str:
    clock = VirtualClock(START)
    environment = Environment({**FUNCTIONS, **bound_to(clock, seed)})
    environment.add("t", template)
    return environment.execute("t", {})


FORMS = [
    ("randAlphaNum 20", "[a-zA-Z0-9]{20}"),
    ("randAlpha 20", "[a-zA-Z]{20}"),
    ("randNumeric 20", "[0-9]{20}"),
    ("randAscii 50", "[ -~]{50}"),
    ("uuidv4", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ("randInt 3 9", "[3-8]"),
    ('bcrypt "secret"', r"\$2a\$10\$[./A-Za-z0-9]{53}"),
    ('htpasswd "user" "secret"', r"user:\$2a\$10\$[./A-Za-z0-9]{53}"),
    ("randBytes 12", "[A-Za-z0-9+/]{16}"),
    ('shuffle "aab"', "aab|aba|baa"),
    ('now | date "2006-01-02T15:04"', "2026-09-21T[0-9]{2}:[0-9]{2}"),
    ("now", r"2026-09-21 \d\d:\d\d:20\.25 [+-]\d{4} [A-Z0-9+-]+ m=\+0\.000000000"),
    ("ago (now)", "0s"),
    ('ago (now | dateModify "-90m")', "1h30m0s"),
    ('durationRound (now | dateModify "-50h")', "2d"),
    ("(now).Unix", "1790000000"),
    ('dateInZone "2006-01-02" nil "UTC"', "2026-09-21"),
    ('htmlDateInZone 1.5 "UTC"', "2026-09-21"),
]


@pytest.mark.parametrize(("call", "form"), FORMS, ids=[call for call, _ in FORMS])
def test_form(call: str, form: str) -> None:
    assert re.fullmatch(form, render(f"{{{{ {call} }}}}"))


@pytest.mark.parametrize("call", ["randAlphaNum 20", "uuidv4", "randBytes 9", 'shuffle "abcdefgh"', "randInt 0 1000000", 'bcrypt "x"'])
def test_the_seed_decides(call: str) -> None:
    once, again, other = (render(f"{{{{ {call} }}}}", seed) for seed in (1, 1, 2))
    assert once == again != other


def test_every_run_differs_without_a_seed() -> None:
    environment = Environment(FUNCTIONS)
    environment.add("t", "{{ randAlphaNum 30 }}{{ uuidv4 }}")
    assert environment.execute("t", {}) != environment.execute("t", {})


def test_a_bcrypt_hash_accepts_its_password_only() -> None:
    hashed = render('{{ bcrypt "pässword" }}').encode()
    assert bcrypt.checkpw("pässword".encode(), hashed)
    assert not bcrypt.checkpw(b"other", hashed)


def test_uuid_is_version_4() -> None:
    assert uuid.UUID(render("{{ uuidv4 }}")).version == 4


def test_encrypted_text_has_a_start_vector_of_its_own() -> None:
    first, second = render('{{ encryptAES "k" "text" }} {{ encryptAES "k" "text" }}').split()
    assert first != second
    assert len(base64.b64decode(first)) == 32


KEYS = [
    ("dsa", dsa.DSAPrivateKey),
    ("ecdsa", ec.EllipticCurvePrivateKey),
    ("ed25519", ed25519.Ed25519PrivateKey),
]


@pytest.mark.parametrize(("kind", "expected"), KEYS, ids=[kind for kind, _ in KEYS])
def test_private_key(kind: str, expected: type) -> None:
    key = serialization.load_pem_private_key(render(f'{{{{ genPrivateKey "{kind}" }}}}').encode(), None)
    assert isinstance(key, expected)


def certificates(template: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(render(template).encode())


def test_authority() -> None:
    (ca,) = certificates('{{ (genCA "my-ca" 365).Cert }}')
    assert ca.subject == ca.issuer
    assert ca.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "my-ca"
    assert ca.not_valid_before_utc.timestamp() == 1_790_000_000
    assert (ca.not_valid_after_utc - ca.not_valid_before_utc).days == 365
    assert [extension.oid.dotted_string for extension in ca.extensions] == ["2.5.29.15", "2.5.29.37", "2.5.29.19", "2.5.29.14"]
    usage = ca.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_cert_sign
    assert ca.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_signed_certificate_and_its_authority() -> None:
    ca, leaf = certificates(
        '{{ $ca := genCA "my-ca" 30 }}{{ $ca.Cert }}{{ (genSignedCert "web" (list "10.0.0.1" "::1") (list "web" "*.svc") 10 $ca).Cert }}'
    )
    leaf.verify_directly_issued_by(ca)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["web", "*.svc"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1", "::1"]
    usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    authority = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert authority.key_identifier == ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def test_certificate_with_a_given_key() -> None:
    text = render('{{ $k := genPrivateKey "ecdsa" }}{{ $c := genSelfSignedCertWithKey "web" nil (list "web") 1 $k }}{{ $c.Cert }}{{ $k }}')
    certificate = x509.load_pem_x509_certificate(text.encode())
    key = serialization.load_pem_private_key(text[text.index("-----BEGIN EC") :].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert certificate.public_key() == key.public_key()


def test_signed_certificate_with_a_given_key() -> None:
    ca, leaf = certificates(
        '{{ $ca := genCAWithKey "ca" 3 (genPrivateKey "ed25519") }}{{ $k := genPrivateKey "ecdsa" }}'
        '{{ $ca.Cert }}{{ (genSignedCertWithKey "web" nil nil 2 $ca $k).Cert }}'
    )
    leaf.verify_directly_issued_by(ca)
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)


def test_custom_certificate_keeps_its_text() -> None:
    assert (
        render('{{ $c := genSelfSignedCert "web" nil nil 1 }}{{ $d := buildCustomCert (b64enc $c.Cert) (b64enc $c.Key) }}{{ eq $c $d }}')
        == "true"
    )
