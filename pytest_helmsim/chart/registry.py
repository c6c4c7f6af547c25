"""Charts in OCI registries, over the library `oras` (the extra `pytest-helmsim[oci]`): references, tags, pull and push, credentials.

`oras` asks for tokens, reads docker's credentials and follows pages of tags; the layout of a chart's manifest and the words of errors are
Helm's. Its own retries, which sleep, are left out.

Source: helm.sh/helm pkg/registry (client.go, reference.go, chart.go, tag.go), pkg/getter/ocigetter.go; oras.land/oras-go for errors.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_helmsim.chart import repository_http
from pytest_helmsim.chart.errors import RepositoryError
from pytest_helmsim.chart.repository_http import MAX_BODY, Access
from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.objects.flavour import HELM4, Flavour
from pytest_helmsim.template.functions.versions import Constraint, Version, VersionError

if TYPE_CHECKING:
    import requests
    from oras.provider import Registry

    from pytest_helmsim.chart.model import Metadata

SCHEME: Final = "oci://"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
INDEX: Final = "application/vnd.oci.image.index.v1+json"
CONFIG: Final = "application/vnd.cncf.helm.config.v1+json"
CHART: Final = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
OLD_CHART: Final = "application/tar+gzip"
MAX_MANIFEST: Final = 4 * 1024 * 1024
ANNOTATION: Final = "org.opencontainers.image."
UNDERSCORE: Final = """
OCI artifact references (e.g. tags) do not support the plus sign (+). To support
storing semantic versions, Helm adopts the convention of changing plus (+) to
an underscore (_) in chart version tags when pushing to a registry and back to
a plus (+) when pulling from a registry.
"""
_REPOSITORY: Final = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*")
_STRICT: Final = re.compile(r"\d+\.\d+\.\d+(?![\d.])")
_TAG: Final = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")


class RegistryError(RepositoryError):
    """What a registry refused, or that it could not be asked."""


@dataclass(frozen=True, slots=True)
class Reference:
    """`host/repository:tag` or `host/repository@digest`."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """A reference with or without `oci://`; raise `RegistryError` for what is none."""
        raw, _, digest = text.removeprefix(SCHEME).partition("@")
        host, slash, path = raw.partition("/")
        if not slash:
            raise RegistryError("invalid reference: missing registry or repository")
        repository, _, tag = path.partition(":")
        check_host(host)
        if not _REPOSITORY.fullmatch(repository):
            raise RegistryError(f"invalid reference: invalid repository {json.dumps(repository)}")
        tag = tag.replace("+", "_")
        if tag and not _TAG.fullmatch(tag):
            raise RegistryError(f"invalid reference: invalid tag {json.dumps(tag)}")
        return cls(host, repository, tag, digest)

    def __str__(self) -> str:
        place = f"{self.host}/{self.repository}"
        if self.digest and not self.tag:
            return f"{place}@{self.digest}"
        return f"{place}:{self.tag}" if self.tag else place

    @property
    def key(self) -> str:
        """What the registry knows it by."""
        return self.digest or self.tag


def check_host(host: str) -> None:
    """Raise `RegistryError` for what is no host with or without a port."""
    if not _HOST.fullmatch(host):
        raise RegistryError(f"invalid reference: invalid registry {json.dumps(host)}")


class Charts:
    """The registries that one command speaks to. `say` gets what was pulled and pushed."""

    def __init__(self, access: Access, credentials: Path, say: Callable[[str], None], *, flavour: Flavour = HELM4) -> None:
        self.access = access
        self.flavour = flavour
        self.credentials = credentials
        self.say = say
        self._doors: dict[str, Registry] = {}

    def resolve(self, reference: str, version: str) -> Reference:
        """The reference with a tag: the version's, or the newest that is in the range, asked of the registry."""
        found = Reference.parse(reference)
        if not version:
            version = found.tag
        elif found.tag and found.tag != version:
            raise RegistryError(f"chart reference and version mismatch: {version} is not {found.tag}")
        if found.digest:
            return found
        if not is_version(version):
            if "+" in reference:
                raise RegistryError(f"invalid reference: invalid tag {json.dumps(reference.rpartition(':')[2])}")
            version = matching(self.tags(found, reference), version, self.flavour)
        return replace(found, tag=version.replace("+", "_"))

    def tags(self, reference: Reference, shown: str = "") -> list[str]:
        """The tags that are versions, the highest first."""
        url = f"{self._prefix()}://{reference.host}/v2/{reference.repository}/tags/list"
        tags: list[str] = []
        for _ in range(1000):
            response = self._ask("GET", url)
            tags += _document(_body(response, MAX_MANIFEST)).get("tags") or []
            following = response.links.get("next", {}).get("url")
            if not following:
                break
            url = urllib.parse.urljoin(url, following)
        versions = []
        for tag in tags:
            try:
                if _STRICT.match(tag):
                    versions.append(Version.parse(tag.replace("_", "+")))
            except VersionError:
                continue
        if not versions and shown:
            raise RegistryError(f"unable to locate any tags in provided repository: {shown}")
        versions.sort(key=functools.cmp_to_key(Version.compare), reverse=True)
        return [each.original for each in versions]

    def pull(self, reference: Reference) -> bytes:
        """The archive of a chart."""
        with _named('failed to perform "FetchReference" on source: '):
            response = self._ask(
                "GET",
                f"{self._prefix()}://{reference.host}/v2/{reference.repository}/manifests/{reference.key}",
                headers={"Accept": f"{MANIFEST}, {INDEX}, */*"},
                missing=str(reference),
            )
        data = _body(response, MAX_MANIFEST)
        manifest = _document(data)
        layers = [each for each in (manifest.get("config"), *(manifest.get("layers") or ())) if isinstance(each, dict)]
        kinds = [each.get("mediaType") for each in layers]
        if len([kind for kind in kinds if kind in (CONFIG, CHART, OLD_CHART)]) < 2:
            count = len([kind for kind in kinds if kind in (CONFIG, CHART, OLD_CHART)])
            raise RegistryError(f"manifest does not contain minimum number of descriptors (2), descriptors found: {count}")
        if CONFIG not in kinds:
            raise RegistryError(f"could not load config with mediatype {CONFIG}")
        layer = next((each for each in reversed(layers) if each.get("mediaType") in (CHART, OLD_CHART)), None)
        if layer is None:
            raise RegistryError(f"manifest does not contain a layer with mediatype {CHART}")
        if layer["mediaType"] == OLD_CHART:
            self.say(f"Warning: chart media type {OLD_CHART} is deprecated\n")
        archive = self._blob(reference, str(layer.get("digest")))
        self._report("Pulled", reference, data)
        return archive

    def _blob(self, reference: Reference, digest: str) -> bytes:
        url = f"{self._prefix()}://{reference.host}/v2/{reference.repository}/blobs/{digest}"
        data = _body(self._ask("GET", url, stream=True), MAX_BODY)
        if digest != _digest(data):
            raise RegistryError(f"{digest}: mismatch digest: {_digest(data)}")
        return data

    def push(self, archive: bytes, metadata: Metadata, config: Mapping[str, Any], remote: str, created: str) -> None:
        """Upload a packed chart under its name and version below `remote`; what is there already is not sent again."""
        base = remote.removeprefix(SCHEME).rstrip("/")
        reference = Reference.parse(f"{base}/{metadata.name}:{metadata.version}")
        settings = _json(config)
        layers = [(CONFIG, settings), (CHART, archive)]
        described = [{"mediaType": kind, "digest": _digest(data), "size": len(data)} for kind, data in layers]
        manifest = {"schemaVersion": 2, "config": described[0], "layers": described[1:], "annotations": annotations_of(metadata, created)}
        text = _json(manifest)
        with _named('failed to perform "Exists" on destination: '):
            self._ask("HEAD", self._url(reference, "manifests", _digest(text)), absent=True)
        for each, (_, data) in zip(described, layers, strict=True):
            with _named('failed to perform "Exists" on destination: '):
                there = self._ask("HEAD", self._url(reference, "blobs", str(each["digest"])), absent=True)
            if there.status_code != HTTPStatus.OK:
                with _named('failed to perform "Push" on destination: '):
                    self._upload(reference, data)
        with _named('failed to perform "PushReference" on destination: '):
            self._ask("PUT", self._url(reference, "manifests", reference.tag), data=text, headers={"Content-Type": MANIFEST})
        self._report("Pushed", reference, text)

    def _upload(self, reference: Reference, data: bytes) -> None:
        started = self._ask("POST", self._url(reference, "blobs", "uploads/"))
        target = urllib.parse.urljoin(started.url, started.headers.get("Location", ""))
        mark = "&" if urllib.parse.urlsplit(target).query else "?"
        target += f"{mark}digest={urllib.parse.quote(_digest(data), safe='')}"
        self._ask("PUT", target, data=data, headers={"Content-Type": "application/octet-stream"})

    def ping(self, host: str) -> None:
        """Ask a registry whether it lets us in; raise `RegistryError`."""
        check_host(host)
        with _named(f"authenticating to {json.dumps(host)}: "):
            self._ask("GET", f"{self._prefix()}://{host}/v2/")

    def _report(self, done: str, reference: Reference, manifest: bytes) -> None:
        text = f"{done}: {reference}\nDigest: {_digest(manifest)}\n"
        if "_" in (reference.key if done == "Pushed" else str(reference)):
            text += f"{reference} contains an underscore.\n{UNDERSCORE}"
        self.say(text)

    def _prefix(self) -> str:
        return "http" if self.access.plain_http else "https"

    def _url(self, reference: Reference, what: str, key: str) -> str:
        return f"{self._prefix()}://{reference.host}/v2/{reference.repository}/{what}/{key}"

    def _ask(self, method: str, url: str, *, missing: str = "", absent: bool = False, **settings: Any) -> requests.Response:
        """One request; `missing` names what a 404 means, `absent` takes a 404 for an answer."""
        import requests

        parts = urllib.parse.urlsplit(url)
        try:
            response: requests.Response = self._door(parts.netloc).do_request(url, method, **settings)
        except requests.exceptions.SSLError as error:
            why = repository_http.tls_reason(error)
            why = "tls: first record does not look like a TLS handshake" if why.startswith("http: server gave") else why
            raise RegistryError(f"{method.capitalize()} {json.dumps(url)}: {why}") from error
        except requests.exceptions.RequestException as error:
            cause = getattr(error.args[0], "reason", error.args[0]) if error.args else error
            why = repository_http.reason(cause if isinstance(cause, Exception) else error, parts)
            raise RegistryError(f"{method.capitalize()} {json.dumps(url)}: {why}") from error
        if response.status_code == HTTPStatus.NOT_FOUND and (missing or absent):
            if absent:
                return response
            raise RegistryError(f"{missing}: not found")
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            text = f"response status code {response.status_code}: {_problem(response)}"
            raise RegistryError(f"{method} {json.dumps(url)}: {text}")
        return response

    def _door(self, host: str) -> Registry:
        """The flags' credentials are for the first host alone, not for one that it leads to."""
        if host not in self._doors:
            stranger = bool(self._doors)
            access = replace(self.access, username="", password="") if stranger else self.access
            self._doors[host] = open_door(host, access, self.credentials)
        return self._doors[host]


def open_door(host: str, access: Access, credentials: Path) -> Registry:
    """A client of `oras` for one registry, which tries once; raise `UnsupportedFeature` where the library is not installed."""
    try:
        from oras.logger import setup_logger
        from oras.provider import Registry
    except ImportError as error:
        raise UnsupportedFeature("charts in OCI registries", "install `pytest-helmsim[oci]`") from error
    setup_logger(quiet=True)

    class Door(Registry):  # type: ignore[misc]
        def do_request(self, url: str, method: str = "GET", **settings: Any) -> requests.Response:
            headers = dict(settings.pop("headers", None) or {})
            if self.auth.token is not None:
                headers |= self.auth.get_auth_header()
            settings |= {"verify": self._tls_verify, "timeout": access.timeout}
            response: requests.Response = self.session.request(method, url, headers=headers, **settings)
            if response.status_code != HTTPStatus.UNAUTHORIZED:
                return response
            challenge = response.headers.get("Www-Authenticate", "").lower()
            secret = getattr(self.auth, "_basic_auth", None)
            if challenge.startswith("basic"):
                if not secret:
                    raise RegistryError(f"{method} {json.dumps(url)}: basic credential not found")
                headers["Authorization"] = f"Basic {secret}"
            elif challenge.startswith("bearer"):
                headers, _ = self.auth.authenticate_request(response, headers)
            else:
                return response
            again: requests.Response = self.session.request(method, url, headers=headers, **settings)
            return again

    door = Door(host, insecure=access.plain_http, tls_verify=False if access.insecure else (access.ca_file or True), auth_backend="token")
    door.session.auth = lambda request: request  # nothing out of ~/.netrc
    if access.cert_file and access.key_file:
        door.session.cert = (access.cert_file, access.key_file)
    if access.username or access.password:
        door.auth.set_basic_auth(access.username, access.password)
    else:
        known = [str(credentials)] if credentials.is_file() else []
        door.auth.load_configs(door.get_container(f"{host}/x/y:z"), configs=known)
    return door


class _named:
    """Errors of the block carry a prefix."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RegistryError):
            raise RegistryError(f"{self.prefix}{error}") from error


def matching(tags: Iterable[str], version: str, flavour: Flavour = HELM4) -> str:
    """The tag that is the version, or else the first that is in the range; any but pre-releases for the empty one."""
    known = list(tags)
    if version in known:
        return version
    try:
        constraint = Constraint.parse(version or "*")
    except VersionError as error:
        raise RegistryError(str(error)) from error
    for tag in known:
        if constraint.check(Version.parse(tag)):
            return tag
    raise RegistryError(f"{'c' if flavour == HELM4 else 'C'}ould not locate a version matching provided version string {version}")


def annotations_of(metadata: Metadata, created: str) -> dict[str, str]:
    """What a manifest says of its chart; the chart's own annotations besides, but for version and title."""
    people = [(each.name + (f" ({each.email})" if each.email else "")) for each in metadata.maintainers or () if each is not None]
    found = {
        "description": metadata.description,
        "title": metadata.name,
        "version": metadata.version,
        "url": metadata.home,
        "created": created,
        "source": next(iter(metadata.sources or ()), ""),
        "authors": ", ".join(people),
    }
    result = {f"{ANNOTATION}{name}": text for name, text in found.items() if text.strip()}
    fixed = (f"{ANNOTATION}version", f"{ANNOTATION}title")
    result |= {name: text for name, text in (metadata.annotations or {}).items() if name not in fixed}
    return dict(sorted(result.items()))


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def is_version(text: str) -> bool:
    try:
        Version.parse(text)
    except VersionError:
        return False
    return True


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _body(response: requests.Response, limit: int) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_content(65536):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise RegistryError(f"{response.url} is larger than the maximum size {limit}")
    return b"".join(chunks)


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except ValueError as error:
        raise RegistryError(f"the registry's answer is no JSON: {error}") from error
    return document if isinstance(document, dict) else {}


def _problem(response: requests.Response) -> str:
    """The registry's own words, or those of the status."""
    try:
        errors = response.json().get("errors") or ()
        texts = [f"{each['code'].replace('_', ' ').lower()}: {each['message']}" for each in errors]
    except (ValueError, KeyError, TypeError, AttributeError):
        texts = []
    return "; ".join(texts) or HTTPStatus(response.status_code).phrase
