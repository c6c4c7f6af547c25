"""repositories.yaml: which repositories are known, with their credentials; and where Helm keeps it and its caches.

The file is read and written as Helm does it (sorted keys, mode 0600), so each program reads what the other wrote.

Source: helm.sh/helm pkg/repo/v1/repo.go, chartrepo.go (Entry); pkg/helmpath, pkg/cli/environment.go.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pytest_helmsim.chart import model
from pytest_helmsim.chart.errors import RepositoryError
from pytest_helmsim.chart.repository_http import TIMEOUT, Access
from pytest_helmsim.chart.repository_index import kind
from pytest_helmsim.objects import yamlio

MISMATCH: Final = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
_KEYS: Final = {
    "name": "name", "url": "url", "username": "username", "password": "password", "certFile": "cert_file", "keyFile": "key_file",
    "caFile": "ca_file", "insecure_skip_tls_verify": "insecure", "pass_credentials_all": "pass_credentials",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One known repository."""

    name: str
    url: str
    username: str = ""
    password: str = ""
    cert_file: str = ""
    key_file: str = ""
    ca_file: str = ""
    insecure: bool = False
    pass_credentials: bool = False

    def access(self, timeout: float = TIMEOUT) -> Access:
        """What it takes to ask this repository."""
        return Access(
            username=self.username,
            password=self.password,
            cert_file=self.cert_file,
            key_file=self.key_file,
            ca_file=self.ca_file,
            insecure=self.insecure,
            pass_credentials=self.pass_credentials,
            url=self.url,
            timeout=timeout,
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        """From the file's map; what is missing or of another kind is empty."""
        given = {key.lower(): value for key, value in data.items()}
        values: dict[str, Any] = {}
        for key, attribute in _KEYS.items():
            value = given.get(key.lower())
            if attribute in ("insecure", "pass_credentials"):
                values[attribute] = value is True
            else:
                values[attribute] = "" if value is None else str(value)
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {key: getattr(self, attribute) for key, attribute in _KEYS.items()}


@dataclass(slots=True)
class RepositoryFile:
    """The known repositories, in the order they were added."""

    entries: list[Entry] = field(default_factory=list)
    api_version: str = ""
    generated: str = model.ZERO_TIME

    @classmethod
    def read(cls, path: Path) -> RepositoryFile | None:
        """The file's content; None when there is no file, RepositoryError when it is none that Helm could read."""
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RepositoryError(f"couldn't load repositories file ({path}): open {path}: {reason}") from error
        try:
            document = yamlio.load_object(data)
        except yamlio.YamlError as error:
            raise RepositoryError(str(error)) from error
        if document is None:
            return cls()
        if not isinstance(document, dict):
            raise RepositoryError(f"{MISMATCH}{kind(document)} into Go value of type repo.File")
        entries = [Entry.from_json(each) for each in document.get("repositories") or () if isinstance(each, dict)]
        return cls(entries, str(document.get("apiVersion") or ""), str(document.get("generated") or model.ZERO_TIME))

    def write(self, path: Path) -> None:
        """Replace the file, readable by its owner only."""
        document = {"apiVersion": self.api_version, "generated": self.generated, "repositories": [each.to_json() for each in self.entries]}
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "w", encoding="utf-8") as stream:
            stream.write(yamlio.dump(document))

    def get(self, name: str) -> Entry | None:
        """The first of that name."""
        return next((each for each in self.entries if each.name == name), None)

    def put(self, entry: Entry) -> None:
        """Replace the one of the same name, or add it at the end."""
        for place, each in enumerate(self.entries):
            if each.name == entry.name:
                self.entries[place] = entry
                return
        self.entries.append(entry)

    def remove(self, name: str) -> bool:
        """Drop every one of that name; whether there was any."""
        count = len(self.entries)
        self.entries = [each for each in self.entries if each.name != name]
        return len(self.entries) < count


@dataclass(frozen=True, slots=True)
class Places:
    """Where Helm keeps repositories.yaml, the cached indexes, and ([4]) downloaded charts by their digest."""

    config: Path
    cache: Path
    content: Path

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ, *, config: str = "", cache: str = "", content: str = "") -> Places:
        """Flags first, then HELM_… variables, then XDG's, then the system's own places."""
        homes = cls.homes(environment)
        configs, caches = homes["config"], homes["cache"]
        return cls(
            Path(config or environment.get("HELM_REPOSITORY_CONFIG") or f"{configs}/repositories.yaml"),
            Path(cache or environment.get("HELM_REPOSITORY_CACHE") or f"{caches}/repository"),
            Path(content or environment.get("HELM_CONTENT_CACHE") or f"{caches}/content"),
        )

    @staticmethod
    def homes(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The folders `config`, `cache` and `data` that everything else is below."""
        home = environment.get("HOME") or os.path.expanduser("~")
        mac = sys.platform == "darwin"
        defaults = {
            "config": f"{home}/Library/Preferences" if mac else f"{home}/.config",
            "cache": f"{home}/Library/Caches" if mac else f"{home}/.cache",
            "data": f"{home}/Library" if mac else f"{home}/.local/share",
        }
        names = {name: name.upper() for name in defaults}
        return {name: _home(environment, f"HELM_{word}_HOME", f"XDG_{word}_HOME", defaults[name]) for name, word in names.items()}

    def index_file(self, name: str) -> Path:
        """The cached index of a repository."""
        return self.cache / (f"{name}-index.yaml" if name else "index.yaml")

    def charts_file(self, name: str) -> Path:
        """The names of its charts, for shell completion."""
        return self.cache / (f"{name}-charts.txt" if name else "charts.txt")


def _home(environment: Mapping[str, str], own: str, xdg: str, default: str) -> str:
    if environment.get(own):
        return environment[own]
    return f"{environment.get(xdg) or default}/helm"
