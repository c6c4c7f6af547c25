"""Rules for CertificateSigningRequests: the request itself, its usages and signer, and what approval and signing may write.

A request that is PEM but no PKCS#10 is refused in our words, not in those of Go's parser.
Source: k8s.io/kubernetes pkg/apis/certificates/validation/validation.go, pkg/apis/core/validation/names.go.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Literal

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors, quoted
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update

_DECISIONS = ("Approved", "Denied")
_FINAL = (*_DECISIONS, "Failed")
_USAGES = (
    "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only",
    "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement",
    "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping",
)  # fmt: skip
_LEGACY = "kubernetes.io/legacy-unknown"
_DOMAIN, _SIGNER = 253, 253 + 1 + 253 + 63 + 1
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s*\n(.*?)-----END \1-----", re.DOTALL)


def check_request(errors: Errors, obj: JsonObject) -> None:
    _check(errors, obj, {})


def check_request_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    _check_change(errors, new, old, "")


def check_request_status(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """Of a signer: the certificate may be written once."""
    _check_change(errors, new, old, "status")


def check_request_approval(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """Of an approver: conditions may be added."""
    _check_change(errors, new, old, "approval")


def _conditions(obj: JsonObject) -> list[JsonObject]:
    return (obj.get("status") or {}).get("conditions") or []


def _check(errors: Errors, obj: JsonObject, old: JsonObject) -> None:
    """`old` may have some faults already: they may stay."""
    check_metadata(errors, obj, namespaced=False, name_rule=lambda _: ())
    spec, before = obj.get("spec") or {}, old.get("spec") or {}
    complaint = _about_request(_decoded(spec.get("request")))
    if complaint:
        errors.invalid("spec.request", spec.get("request") if spec.get("request") != [] else "", complaint)
    usages = spec.get("usages") or []
    if not usages:
        errors.required("spec.usages")
    if all(usage in _USAGES for usage in before.get("usages") or ()):
        for index, usage in enumerate(usages):
            if usage not in _USAGES:
                errors.unsupported(f"spec.usages[{index}]", usage, _USAGES)
    if len(set(before.get("usages") or ())) == len(before.get("usages") or ()):
        for index, usage in enumerate(usages):
            if usage in usages[:index]:
                errors.duplicate(f"spec.usages[{index}]", usage)
    signer = spec.get("signerName", "")
    if signer == _LEGACY and before.get("signerName") != _LEGACY:
        errors.invalid("spec.signerName", signer, "the legacy signerName is not allowed via this API version")
    else:
        _check_signer(errors, "spec.signerName", signer)
    seconds = spec.get("expirationSeconds")
    if seconds is not None and seconds < 600:
        errors.invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 600 seconds (10 minutes)")
    _check_conditions(errors, _conditions(obj), _conditions(old))
    written, known = ((each.get("status") or {}).get("certificate") or "" for each in (obj, old))
    if not (old and written == known) and not (old and _about_certificate(_decoded(known))):
        complaint = _about_certificate(_decoded(written))
        if complaint:
            errors.invalid("status.certificate", "<certificate data>", complaint)


def _check_conditions(errors: Errors, conditions: list[JsonObject], before: list[JsonObject]) -> None:
    path, seen = "status.conditions", []
    known = [entry.get("type", "") for entry in before]
    for index, condition in enumerate(conditions):
        kind, state = condition.get("type", ""), condition.get("status", "")
        if not kind and "" not in known:
            errors.required(f"{path}[{index}].type")
        allowed = ("True",) if kind in _FINAL else ("False", "True", "Unknown")
        if not state:
            errors.required(f"{path}[{index}].status")
        elif state not in allowed:
            errors.unsupported(f"{path}[{index}].status", state, allowed)
        other = {"Approved": "Denied", "Denied": "Approved"}.get(kind)
        if other in seen and not set(_DECISIONS) <= set(known):
            errors.invalid(path, kind, "Approved and Denied conditions are mutually exclusive")
        if kind in seen and len(set(known)) == len(known):
            errors.duplicate(f"{path}[{index}].type", kind)
        seen.append(kind)


def _check_change(errors: Errors, new: JsonObject, old: JsonObject, part: Literal["", "status", "approval"]) -> None:
    _check(errors, new, old)
    path = "status.conditions"
    now, before = ({kind: [e for e in _conditions(each) if e.get("type") == kind] for kind in _FINAL} for each in (new, old))
    for kind in _FINAL:
        if len(now[kind]) < len(before[kind]):
            errors.forbidden(path, f"updates may not remove a condition of type {quoted(kind)}")
    for kind in _DECISIONS if part != "approval" else ():
        if len(now[kind]) > len(before[kind]):
            errors.forbidden(path, f"updates may not add a condition of type {quoted(kind)}")
    written, known = ((each.get("status") or {}).get("certificate") or "" for each in (new, old))
    if written != known and part != "status":
        errors.forbidden("status.certificate", "updates may not set certificate content")
    elif written != known and known:
        errors.forbidden("status.certificate", "updates may not modify existing certificate content")
    check_metadata_update(errors, new, old)


def _check_signer(errors: Errors, path: str, name: str) -> None:
    """A domain of at least two labels, a slash and a path."""
    if not name:
        errors.required(path)
        return
    if name.count("/") != 1:
        errors.invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")
        return
    domain, way = name.split("/")
    if len(domain) > _DOMAIN:
        errors.too_long(path, _DOMAIN)
    labels = domain.split(".")
    bad = next((label for label in labels if names.dns_label(label)), None)
    if bad is not None:
        errors.all_invalid(path, domain, (f"validating label {quoted(bad)}: {why}" for why in names.dns_label(bad)))
    if len(labels) < 2:
        errors.invalid(path, domain, "should be a domain with at least two segments separated by dots")
    bad = next((label for label in way.split(".") if names.dns_subdomain(label)), None)
    if bad is not None:
        errors.all_invalid(path, way, (f"validating label {quoted(bad)}: {why}" for why in names.dns_subdomain(bad)))
    if len(name) > _SIGNER:
        errors.too_long(path, _SIGNER)


def _decoded(text: str | list[int] | None) -> bytes:
    if isinstance(text, list):
        return bytes(text)
    try:
        return base64.b64decode(text or "")
    except binascii.Error:
        return b""


def _blocks(content: bytes) -> list[tuple[str, bytes]]:
    """Label and content of each block of PEM."""
    found = []
    for match in _BLOCK.finditer(content):
        try:
            found.append((match[1].decode(), base64.b64decode(match[2], validate=False)))
        except binascii.Error:
            continue
    return found


def _about_request(content: bytes) -> str:
    from cryptography import x509

    blocks = _blocks(content)
    if not blocks or blocks[0][0] != "CERTIFICATE REQUEST":
        return "PEM block type must be CERTIFICATE REQUEST"
    try:
        request = x509.load_der_x509_csr(blocks[0][1])
    except ValueError as error:
        return f"asn1: {error}"
    return "" if request.is_signature_valid else "x509: signature verification failed"


def _about_certificate(content: bytes) -> str:
    from cryptography import x509

    if not content:
        return ""
    blocks = _blocks(content)
    for label, data in blocks:
        if label != "CERTIFICATE":
            return f"only CERTIFICATE PEM blocks are allowed, found {quoted(label)}"
        try:
            x509.load_der_x509_certificate(data)
        except ValueError as error:
            return f"x509: malformed certificate: {error}"
    return "" if blocks else "must contain at least one CERTIFICATE PEM block"
