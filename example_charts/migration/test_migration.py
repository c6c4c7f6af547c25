"""A hook that runs before the upgrade: it succeeds and is cleaned up, or it fails and nothing else is touched."""

import pytest

from pytest_helmsim import Exit, UpgradeFailed

pytestmark = pytest.mark.helmsim(needs=["scripted images"])


def test_a_migration_runs_before_the_new_version(release, cluster):
    cluster.images["ledger-migrate:*"] = Exit(code=0, after=20)
    release.install("charts/ledger-1.0.0")

    upgrade = release.upgrade("charts/ledger-2.0.0")

    assert upgrade.status == "deployed"
    assert {hook.name: hook.phase for hook in upgrade.hooks if hook.kind == "Job"} == {"ledger-migrate": "Succeeded"}
    assert not release.live("Job/ledger-migrate").exists  # hook-succeeded
    assert release.live("ConfigMap/ledger-migrate").exists  # stays until the next upgrade needs its name
    assert release.live("Deployment/ledger")["spec.template.spec.containers[ledger].image"] == "ledger:2.0.0"


def test_a_failing_migration_stops_the_upgrade_before_anything_changed(release, cluster):
    cluster.images["ledger-migrate:2.0.0"] = Exit(code=1, logs="ERROR: column exists", after=5)
    release.install("charts/ledger-1.0.0")

    with pytest.raises(UpgradeFailed, match="pre-upgrade hooks failed"):
        release.upgrade("charts/ledger-2.0.0")

    assert release.live("Deployment/ledger")["spec.template.spec.containers[ledger].image"] == "ledger:1.0.0"
    assert release.live("Job/ledger-migrate")["status.failed"] == 1  # kept, so that its log can be read
    assert release.history.statuses == {1: "deployed", 2: "failed"}


def test_the_next_try_replaces_the_failed_job(release, cluster):
    cluster.images["ledger-migrate:2.0.0"] = Exit(code=1)
    release.install("charts/ledger-1.0.0")
    with pytest.raises(UpgradeFailed):
        release.upgrade("charts/ledger-2.0.0")

    cluster.images["ledger-migrate:2.0.0"] = Exit(code=0)
    release.upgrade("charts/ledger-2.0.0")

    assert release.history.statuses == {1: "superseded", 2: "failed", 3: "deployed"}


def test_no_hooks_skips_the_migration(release, cluster):
    cluster.images["ledger-migrate:2.0.0"] = Exit(code=1)
    release.install("charts/ledger-1.0.0")

    release.upgrade("charts/ledger-2.0.0", no_hooks=True)

    assert not release.live("Job/ledger-migrate").exists
