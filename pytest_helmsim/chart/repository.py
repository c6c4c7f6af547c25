"""Chart repositories: from `repo/name`, a URL or `--repo URL` and a version range to a packed chart on disk.

`Repositories` reads repositories.yaml and the cached indexes, downloads new ones, and finds and fetches charts. Offline, everything but
the downloads works from the caches, which are Helm's own.

Source: helm.sh/helm pkg/downloader/chart_downloader.go, cache.go, pkg/repo/v1/chartrepo.go, pkg/action/install.go (LocateChart).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import posixpath
import secrets
import tempfile
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pytest_helmsim.chart import repository_http
from pytest_helmsim.chart.errors import RepositoryError
from pytest_helmsim.chart.registry import SCHEME, Charts, Reference
from pytest_helmsim.chart.repository_file import Entry, Places, RepositoryFile
from pytest_helmsim.chart.repository_http import Access
from pytest_helmsim.chart.repository_index import Index, Warn
from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.objects.flavour import HELM4, Flavour

ACCEPT: Final = "application/gzip,application/octet-stream"
NO_CACHE: Final = "no cached repo found. (try 'helm repo update'): "


@dataclass(frozen=True, slots=True)
class Located:
    """Where a chart's archive is: its URL, what the index says of its content, and how to ask for it."""

    url: str
    digest: str
    access: Access


@dataclass(frozen=True, slots=True)
class Repositories:
    """The known repositories and their caches. `warn` hears what Helm logs."""

    places: Places
    flavour: Flavour = HELM4
    warn: Warn | None = None
    registries: Callable[[Access], Charts] | None = None
    """Opens OCI registries."""

    def known(self) -> RepositoryFile:
        """repositories.yaml; empty when there is none."""
        return RepositoryFile.read(self.places.config) or RepositoryFile()

    def cached_index(self, name: str) -> Index:
        """The index of a repository as it was downloaded last."""
        return Index.read(self.places.index_file(name), warn=self.warn)

    def download_index(self, entry: Entry, *, timeout: float = repository_http.TIMEOUT) -> Index:
        """Fetch index.yaml, check it, and put it into the cache."""
        repository_http.check_scheme(entry.url)
        data = self._fetch(resolve_url(entry.url, "index.yaml"), entry.access(timeout))
        index = Index.load(data, source=entry.url, warn=self.warn)
        write(self.places.charts_file(entry.name), "".join(f"{name}\n" for name in index.entries).encode())
        write(self.places.index_file(entry.name), data)
        return index

    def find_in(self, url: str, name: str, version: str, access: Access) -> str:
        """The absolute URL of a chart in a repository that need not be known (`--repo`)."""
        repository_http.check_scheme(url)
        try:
            data = self._fetch(resolve_url(url, "index.yaml"), replace(access, url=url))
            index = self._load_twice(data, url)
        except RepositoryError as error:
            raise RepositoryError(f"looks like {json.dumps(url)} is not a valid chart repository or cannot be reached: {error}") from error
        shown = f"chart {json.dumps(name)}" + (f" version {json.dumps(version)}" if version else "")
        try:
            found = index.get(name, version, warn=self._warn_of_versions())
        except RepositoryError as error:
            raise RepositoryError(f"{shown} not found in {url} repository") from error
        if not found.urls:
            raise RepositoryError(f"{shown} has no downloadable URLs")
        return resolve_url(url, found.urls[0])

    def _load_twice(self, data: bytes, url: str) -> Index:
        """Helm reads such an index once as it comes and once from a file of a random name, and warns twice."""
        heard: list[tuple[str, dict[str, str]]] = []
        index = Index.load(data, source=url, warn=lambda text, fields: heard.append((text, fields)))
        name = base64.b64encode(secrets.token_bytes(20)).decode().replace("/", "-")
        for source in (url, str(self.places.index_file(name))):
            for text, fields in heard:
                if self.warn is not None:
                    self.warn(text, fields | {"source": source})
        return index

    def resolve(self, reference: str, version: str, access: Access) -> Located:
        """Where `reference` is: a URL, or `repo/name` in the cached index of a known repository."""
        parts = urllib.parse.urlsplit(reference)
        if parts.scheme == "oci":
            return Located(f"{SCHEME}{self._charts(access).resolve(reference, version)}", "", access)
        known = self.known()
        if parts.scheme and parts.netloc and parts.path:
            owner = self._owner(reference, known)
            return Located(reference, "", replace(access, url=reference) if owner is None else _of_entry(access, owner))
        repository, slash, name = parts.path.partition("/")
        if not slash:
            raise RepositoryError(f"non-absolute URLs should be in form of repo_name/path_to_chart, got: {reference}")
        entry = known.get(repository)
        if entry is None:
            raise RepositoryError(f"repo {repository} not found")
        if not entry.url:
            raise RepositoryError(f"no URL found for repository {repository}")
        repository_http.check_scheme(entry.url)
        try:
            index = self.cached_index(entry.name)
        except RepositoryError as error:
            raise RepositoryError(f"{NO_CACHE}{error}") from error
        try:
            found = index.get(name, version, warn=self._warn_of_versions())
        except RepositoryError as error:
            text = f"chart {json.dumps(name)} matching {version} not found in {entry.name} index. (try 'helm repo update')"
            raise RepositoryError(f"{text}: {error}") from error
        if not found.urls:
            raise RepositoryError(f"chart {json.dumps(reference)} has no downloadable URLs")
        return Located(resolve_url(entry.url, found.urls[0]), found.digest, _of_entry(access, entry))

    def _warn_of_versions(self) -> Warn | None:
        return self.warn if self.flavour == HELM4 else None

    def _owner(self, url: str, known: RepositoryFile) -> Entry | None:
        """The known repository whose index lists that URL."""
        for entry in known.entries:
            repository_http.check_scheme(entry.url)
            try:
                index = self.cached_index(entry.name)
            except RepositoryError as error:
                raise RepositoryError(f"{NO_CACHE}{error}") from error
            if any(same_url(url, each) for versions in index.entries.values() for version in versions for each in version.urls):
                return entry
        return None

    def download(
        self, reference: str, version: str, access: Access, folder: Path, *, unsigned: Callable[[str], object] | None = None
    ) -> Path:
        """Fetch a chart's archive into a folder, under its own name; with `unsigned`, which hears when there is none, its signature too."""
        found = self.resolve(reference, version, access)
        try:
            digest = _digest(found.digest) if self.flavour == HELM4 else ""
        except ValueError as error:
            raise RepositoryError(str(error)) from error
        cached = self._content(digest) if digest else None
        data = cached.read_bytes() if cached is not None and _is_filled(cached) else self.fetch_archive(found)
        target = folder / archive_name(found.url)
        write(target, data, make=False)
        if unsigned is not None:
            try:
                write(target.with_name(f"{target.name}.prov"), self._fetch(f"{found.url}.prov", found.access, accept=ACCEPT))
            except RepositoryError as error:
                unsigned(f"WARNING: Verification not found for {reference}: {error}\n")
        return target

    def download_to_cache(self, reference: str, version: str, access: Access) -> Path:
        """Fetch a chart's archive into the cache: [4] by its digest, and only when it is not there; [3] by its name, always."""
        self.places.cache.mkdir(parents=True, exist_ok=True)
        if self.flavour != HELM4:
            return self.download(reference, version, access, self.places.cache)
        found = self.resolve(reference, version, access)
        try:
            digest = _digest(found.digest)
        except ValueError as error:
            raise RepositoryError(f"unable to decode digest: {error}") from error
        target = self._content(digest) if digest else None
        if target is not None and _is_filled(target):
            return target
        data = self.fetch_archive(found)
        target = target or self._content(hashlib.sha256(data).hexdigest())
        write(target, data)
        return target

    def locate(self, reference: str, version: str, access: Access, *, repository: str = "") -> Path:
        """What install, show and pull ask for: the archive of a chart that is no local path."""
        if repository:
            reference = self.find_in(repository, reference, version, access)
            if not access.pass_credentials and origin(repository) != origin(reference):
                access = replace(access, username="", password="")
        return self.download_to_cache(reference, version, access)

    def fetch_archive(self, found: Located) -> bytes:
        """The archive's bytes."""
        scheme = urllib.parse.urlsplit(found.url).scheme
        if scheme == "oci":
            return self._charts(found.access).pull(Reference.parse(found.url))
        if scheme not in ("http", "https"):
            raise RepositoryError(f'scheme "{scheme}" not supported')
        return self._fetch(found.url, found.access, accept=ACCEPT)

    def _charts(self, access: Access) -> Charts:
        if self.registries is None:
            raise UnsupportedFeature("charts in OCI registries here", "pull the chart and give its folder or archive")
        return self.registries(access)

    def oci_tags(self, url: str, access: Access) -> list[str]:
        """The versions of a chart in a registry, the highest first."""
        return self._charts(access).tags(Reference.parse(url))

    def _fetch(self, url: str, access: Access, *, accept: str = "") -> bytes:
        try:
            return repository_http.fetch(url, access, accept=accept)
        except repository_http.CaFileError as error:
            if self.flavour == HELM4:
                raise
            raise RepositoryError(f"can't create TLS config for client: can't read CA file: {access.ca_file}") from error

    def _content(self, digest: str) -> Path:
        return self.places.content / digest[:2] / f"{digest}.chart"


def _of_entry(access: Access, entry: Entry) -> Access:
    """The command line's flags, with what the repository's entry adds; its own switch for certificates is not asked."""
    result = replace(access, url=entry.url)
    if entry.cert_file or entry.key_file or entry.ca_file:
        result = replace(result, cert_file=entry.cert_file, key_file=entry.key_file, ca_file=entry.ca_file)
    if entry.username and entry.password:
        result = replace(result, username=entry.username, password=entry.password, pass_credentials=entry.pass_credentials)
    return result


def _digest(text: str) -> str:
    """The hex digits of a digest; ValueError for what is no hex, RepositoryError for another length than SHA-256 has."""
    digits = text.partition(":")[2] if ":" in text else text
    if not digits:
        return ""
    try:
        raw = bytes.fromhex(digits)
    except ValueError as error:
        bad = next((each for each in digits if each not in "0123456789abcdefABCDEF"), None)
        reason = "odd length hex string" if bad is None else f"invalid byte: U+{ord(bad):04X} '{bad}'"
        raise ValueError(f"encoding/hex: {reason}") from error
    if len(raw) != 32:
        raise RepositoryError(f"invalid digest length: {len(raw)}")
    return digits.lower()


def _is_filled(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def archive_name(url: str) -> str:
    """The last part of a URL's path; raises for one that is no name of a file."""
    name = posixpath.basename(urllib.parse.unquote(urllib.parse.urlsplit(url).path).rstrip("/"))
    if url.startswith(SCHEME):
        head, _, version = name.rpartition(":")
        name = f"{head}-{version.replace('_', '+')}.tgz"
    if name in ("", ".", "..") or "\0" in name or os.sep in name or (os.altsep and os.altsep in name):
        raise RepositoryError(f"the URL {url} names no file")
    return name


def write(path: Path, data: bytes, *, make: bool = True) -> None:
    """Put a file in place at once, so that nobody reads a half of it; `make` its folder when it is missing."""
    if make:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    except OSError as error:
        shown = f"{path}{secrets.randbelow(2**32)}"
        raise RepositoryError(f"open {shown}: {(error.strerror or str(error)).lower()}") from error
    try:
        with open(handle, "wb") as stream:
            stream.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def resolve_url(base: str, reference: str) -> str:
    """An absolute reference as it is, another one below `base`, whose query it gets."""
    if urllib.parse.urlsplit(reference).scheme:
        return reference
    parts = urllib.parse.urlsplit(base)
    top = parts._replace(path=parts.path.removesuffix("/") + "/", query="", fragment="").geturl()
    joined = urllib.parse.urlsplit(urllib.parse.urljoin(top, reference))
    return joined._replace(query=parts.query).geturl()


def same_url(a: str, b: str) -> bool:
    """Equal but for the spelling of the path."""
    return _clean(a) == _clean(b)


def _clean(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return parts._replace(path=posixpath.normpath(parts.path or "/").replace("//", "/", 1)).geturl()


def origin(url: str) -> tuple[str, str]:
    """What credentials belong to."""
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.netloc
