"""Records: text form and back, what each flavour writes, labels, drivers, choice of records, pruning, broken ones."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace

import pytest

from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.release import codec, storage
from pytest_helmsim.release.errors import InvalidOption, NoDeployedReleases, ReleaseExists, ReleaseNotFound, StorageFailed
from pytest_helmsim.release.history import History
from pytest_helmsim.release.model import DEPLOYED, FAILED, SUPERSEDED, HookRecord, Info, Release

RELEASE = Release(
    name="web",
    namespace="default",
    version=2,
    info=Info("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:01Z", description="<&>", status=DEPLOYED, rollback_revision=1, notes="n\u2028"),
    config={"b": 1, "a": {"z": None, "y": 1.5}},
    manifest="---\n",
    hooks=(HookRecord("h", "Job", "t/h.yaml", "kind: Job", ("pre-install",)),),
    apply_method="ssa",
)
HOOK = '{"name":"h","kind":"Job","path":"t/h.yaml","manifest":"kind: Job","events":["pre-install"],"last_run":%s}'


def test_helm4_document() -> None:
    assert codec.document(RELEASE, "helm4") == (
        '{"name":"web","info":{"first_deployed":"2026-01-01T00:00:00.5Z","last_deployed":"2026-01-01T00:00:01Z",'
        '"description":"\\u003c\\u0026\\u003e","status":"deployed","rollback_revision":1,"notes":"n\\u2028"},'
        '"config":{"a":{"y":1.5,"z":null},"b":1},"manifest":"---\\n","hooks":[' + HOOK % '{"phase":""}' + "],"
        '"version":2,"namespace":"default","apply_method":"ssa"}'
    )


def test_helm3_document_drops_what_helm3_does_not_know() -> None:
    text = codec.document(RELEASE, "helm3")
    assert '"deleted":""' in text
    assert "rollback_revision" not in text
    assert "apply_method" not in text
    assert HOOK % '{"started_at":"","completed_at":"","phase":""}' in text


def test_round_trip() -> None:
    assert codec.decode(codec.encode(RELEASE, "helm4")) == replace(RELEASE, config=codec.floats(RELEASE.config))


def test_an_uncompressed_record_is_read() -> None:
    text = base64.b64encode(json.dumps({"name": "old", "version": 3, "unknown": 1}).encode()).decode()
    assert (codec.decode(text).name, codec.decode(text).version) == ("old", 3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        gzip.compress(b"{}", mtime=0)[:-6],
        gzip.compress(b"{", mtime=0),
        b"[]",
        b'{"info":1}',
        b'{"version":"x"}',
        b'{"hooks":{"a":1}}',
    ],
)
def test_broken_records_are_refused(data: bytes) -> None:
    with pytest.raises(StorageFailed):
        codec.decode(base64.b64encode(data).decode())


def test_text_that_is_no_base64_is_refused() -> None:
    with pytest.raises(StorageFailed):
        codec.decode("!!")


def test_labels_are_handed_on() -> None:
    clock = VirtualClock(100)
    fresh = replace(RELEASE, labels={"team": "a"})
    assert storage.labels_of(fresh, "createdAt", clock) == {
        "team": "a", "createdAt": "100", "name": "web", "owner": "helm", "status": "deployed", "version": "2",
    }  # fmt: skip
    read = replace(RELEASE, labels={"modifiedAt": "7", "status": "failed", "team": "a"})
    assert storage.labels_of(read, "modifiedAt", clock)["modifiedAt"] == "7"
    assert storage.custom_labels(read.labels) == {"team": "a"}


def history(*statuses: str) -> History:
    driver = storage.MemoryDriver(storage.Memory(), "default", VirtualClock(), "helm4")
    for version, status in enumerate(statuses, 1):
        driver.create(replace(RELEASE, version=version, info=Info(status=status)))
    return History(driver)


def versions(found: History) -> list[int]:
    return sorted(each.version for each in found.all("web"))


def test_choice_of_records() -> None:
    found = history(DEPLOYED, FAILED, DEPLOYED, FAILED)
    assert found.last("web").version == 4
    assert found.deployed("web").version == 3
    assert len(found.all_deployed("web")) == 2
    with pytest.raises(ReleaseNotFound, match="release: not found"):
        found.last("other")
    with pytest.raises(NoDeployedReleases, match='"other" has no deployed releases'):
        found.deployed("other")
    with pytest.raises(ReleaseExists):
        found.create(replace(RELEASE, version=4))


@pytest.mark.parametrize(
    ("statuses", "limit", "left"),
    [
        ([SUPERSEDED] * 3 + [DEPLOYED], 0, [1, 2, 3, 4, 5]),
        ([SUPERSEDED] * 3 + [DEPLOYED], 10, [1, 2, 3, 4, 5]),
        ([SUPERSEDED] * 3 + [DEPLOYED], 2, [4, 5]),
        ([DEPLOYED, FAILED, FAILED, FAILED], 2, [1, 5]),
        ([DEPLOYED, FAILED, FAILED, FAILED], 1, [1, 5]),
        ([FAILED] * 4, 1, [5]),
        ([DEPLOYED, FAILED], 2, [1, 3]),
    ],
)
def test_pruning(statuses: list[str], limit: int, left: list[int]) -> None:
    found = history(*statuses)
    found.limit = limit
    found.create(replace(RELEASE, version=len(statuses) + 1))
    assert versions(found) == left


def test_a_memory_key_with_a_version_in_the_name_is_refused() -> None:
    with pytest.raises(StorageFailed, match="release: invalid key"):
        history().driver.create(replace(RELEASE, name="a.v1"))


def test_unknown_driver() -> None:
    with pytest.raises(InvalidOption, match='unknown driver "stone"'):
        storage.open_driver("stone", None, "default", VirtualClock(), "helm4")  # type: ignore[arg-type]


def test_a_value_that_is_no_label_is_no_question() -> None:
    with pytest.raises(StorageFailed, match='invalid label value: "a/b": a valid label must be'):
        storage.check_query({"name": "a/b"})
