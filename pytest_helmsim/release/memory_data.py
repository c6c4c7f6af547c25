"""Releases that a memory driver begins with: the files that HELM_MEMORY_DRIVER_DATA names, each a YAML list of records.

Source: helm.sh/helm/v4 pkg/cmd/root.go (loadReleasesInMemory).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.clock import Clock
from pytest_helmsim.objects.flavour import Flavour
from pytest_helmsim.release import codec
from pytest_helmsim.release.errors import StorageFailed
from pytest_helmsim.release.storage import Memory, MemoryDriver


def load(files: Sequence[str], clock: Clock, flavour: Flavour) -> Memory:
    """The store with every record of every file; raise `StorageFailed` for a file that cannot be used, as Helm does without any."""
    memory = Memory()
    for file in files:
        try:
            records = yamlio.load(Path(file).read_bytes() if file else _missing(file))
        except OSError as error:
            raise StorageFailed(f"Unable to read memory driver dataopen {file}: {(error.strerror or str(error)).lower()}") from error
        except yamlio.YamlError as error:
            raise StorageFailed(f"Unable to unmarshal memory driver data: {error}") from error
        if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
            raise StorageFailed(f"Unable to unmarshal memory driver data: {file} is no list of records")
        for record in records:
            release = codec.from_json(record)
            MemoryDriver(memory, release.namespace, clock, flavour).create(release)
    return memory


def _missing(file: str) -> bytes:
    raise FileNotFoundError(2, "No such file or directory", file)
