"""Revision records: how many are kept, which one is never pruned, and what a refused upgrade leaves."""

import pytest

from pytest_helmsim import ChartError, UpgradeFailed


def test_old_revisions_are_pruned(release):
    release.install("charts/counter-1.0.0")
    for count in range(1, 6):
        release.upgrade("charts/counter-1.0.0", values={"count": count}, history_max=3)

    assert release.history.statuses == {4: "superseded", 5: "superseded", 6: "deployed"}
    assert [revision.values for revision in release.history] == [{"count": 3}, {"count": 4}, {"count": 5}]


def test_the_deployed_revision_is_never_pruned(release):
    release.install("charts/counter-1.0.0")
    release.live("ConfigMap/counter").patch({"immutable": True})
    for count in range(1, 5):
        with pytest.raises(UpgradeFailed, match="field is immutable when `immutable` is set"):
            release.upgrade("charts/counter-1.0.0", values={"count": count}, history_max=2)

    assert release.history.statuses == {1: "deployed", 5: "failed"}


def test_values_that_the_schema_refuses_leave_no_revision(release):
    release.install("charts/counter-1.0.0")

    with pytest.raises(ChartError, match="at '/count': got string, want integer"):
        release.upgrade("charts/counter-1.1.0", values={"count": "many"})

    assert release.history.statuses == {1: "deployed"}


def test_a_rollback_is_a_new_revision(release):
    release.install("charts/counter-1.0.0", values={"count": 1})
    release.upgrade("charts/counter-1.1.0", values={"count": 2})

    release.rollback()

    assert release.history.statuses == {1: "superseded", 2: "superseded", 3: "deployed"}
    assert release.history[3].description == "Rollback to 1"
    assert release.history[3].values == {"count": 1}
    assert release.live("ConfigMap/counter")["data"] == {"count": "1", "version": "1.0.0"}


def test_an_uninstalled_release_can_be_rolled_back_to_when_its_history_is_kept(release):
    release.install("charts/counter-1.0.0")
    release.uninstall(keep_history=True)
    assert release.history.statuses == {1: "uninstalled"}

    release.rollback(1)

    assert release.history.statuses == {1: "uninstalled", 2: "deployed"}
    assert release.live("ConfigMap/counter").exists
