"""Who may approve and sign requests for certificates, and what nobody may ask for.

The plugins CertificateApproval, CertificateSigning and CertificateSubjectRestriction.
Source: k8s.io/kubernetes plugin/pkg/admission/certificates, pkg/apis/certificates, k8s.io/apiserver pkg/authorization.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import authorization
from pytest_helmsim.apiserver.admission.refusals import forbidden
from pytest_helmsim.apiserver.authorization import Attributes
from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.json import JsonObject

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation

REQUESTS = StoreKey("certificates.k8s.io", "certificatesigningrequests")
_CLIENT = "kubernetes.io/kube-apiserver-client"
_MASTERS = "system:masters"


def check_approval(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """Approving needs the verb `approve` on the signer."""
    if op.served.key == REQUESTS and op.subresource == "approval" and old is not None:
        _require(op, "approve", old)


def check_signing(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """A certificate, or another condition, needs the verb `sign` on the signer."""
    if op.served.key != REQUESTS or op.subresource != "status" or old is None:
        return
    after, before = (
        [(obj.get("status") or {}).get("certificate") or "", (obj.get("status") or {}).get("conditions") or []] for obj in (new, old)
    )
    if after != before:
        _require(op, "sign", old)


def _require(op: Operation, verb: str, request: JsonObject) -> None:
    signer = (request.get("spec") or {}).get("signerName") or ""
    domain = signer.split("/", maxsplit=1)[0]
    for name in (signer, f"{domain}/*"):
        if authorization.allowed(op.server, op.user, Attributes(verb, "certificates.k8s.io", "signers", name=name)):
            return
    raise forbidden(op, f'user not permitted to {verb} requests with signerName "{signer}"')


def check_subject(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """No client certificate of the server's own signer makes its bearer one of the masters."""
    if op.served.key != REQUESTS or op.subresource or old is not None:
        return
    spec = new.get("spec") or {}
    if spec.get("signerName") == _CLIENT and _MASTERS in _groups(spec.get("request") or ""):
        raise forbidden(op, f"use of {_CLIENT} signer with {_MASTERS} group is not allowed")


def _groups(request: str) -> list[str]:
    """The organizations of a request's subject; validation has read it before."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    subject = x509.load_pem_x509_csr(base64.b64decode(request)).subject
    return [str(each.value) for each in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
