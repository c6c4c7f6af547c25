"""Files of certificates on the command line: each Helm looks at them before a command does anything else, and says what is wrong.

Source: helm.sh/helm/v4 internal/tlsutil/tls.go, helm.sh/helm/v3 internal/tlsutil/cfg.go; Go's crypto/tls (X509KeyPair) for its words.
"""

from __future__ import annotations

import json
import ssl
from typing import Final

from pytest_helmsim.chart.errors import RepositoryError
from pytest_helmsim.chart.repository_http import Access
from pytest_helmsim.objects.flavour import HELM4, Flavour

SWITCHED: Final = "tls: failed to find certificate PEM data in certificate input, but did find a private key"


def check(access: Access, flavour: Flavour) -> None:
    """Raise, in the words of each Helm, for files of certificates that cannot be used; every command looks at them before anything else."""
    what = "missing registry client: can't create TLS config for client: "
    is_helm4 = flavour == HELM4
    cert, key, ca = access.cert_file, access.key_file, access.ca_file
    if cert and key:
        head = f"{what}can't load key pair from cert {cert} and key {key}: "
        for name, file in (("cert", cert), ("key", key)):
            if (missing := _unreadable(file)) and is_helm4:
                raise RepositoryError(f"{what}unable to read {name} file: {json.dumps(file)}: {missing}")
            if missing:
                raise RepositoryError(f"{head}{missing}")
        try:
            ssl.create_default_context().load_cert_chain(cert, key)
        except OSError as error:
            head = f"{what}unable to load cert from key pair: " if is_helm4 else head
            raise RepositoryError(f"{head}{_pair_reason(cert, key)}") from error
    if not ca:
        return
    if missing := _unreadable(ca):
        raise RepositoryError(f"{what}can't read CA file: {f'{json.dumps(ca)}: {missing}' if is_helm4 else ca}")
    try:
        ssl.create_default_context().load_verify_locations(ca)
    except OSError as error:
        place = "pem block" if is_helm4 else f"file: {ca}"
        raise RepositoryError(f"{what}failed to append certificates from {place}") from error


def _unreadable(path: str) -> str:
    """Why a file cannot be read, in Go's words."""
    try:
        with open(path, "rb") as stream:
            stream.read(1)
    except OSError as error:
        verb = "read" if isinstance(error, IsADirectoryError) else "open"
        return f"{verb} {path}: {(error.strerror or str(error)).lower()}"
    return ""


def _pair_reason(cert: str, key: str) -> str:
    """Go's words for a certificate and a key that do not make a pair."""
    for path, what, other in ((cert, "certificate", "PRIVATE KEY"), (key, "key", "CERTIFICATE")):
        with open(path, "rb") as stream:
            text = stream.read(1 << 20)
        if b"-----BEGIN " not in text:
            return f"tls: failed to find any PEM data in {what} input"
        if what == "key" and other.encode() in text and b"PRIVATE KEY" not in text:
            return "tls: found a certificate rather than a key in the PEM for the private key"
        if what == "certificate" and b"CERTIFICATE" not in text:
            return f"{SWITCHED}; PEM inputs may have been switched"
    return "tls: private key does not match public key"
