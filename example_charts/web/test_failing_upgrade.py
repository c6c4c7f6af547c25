"""An upgrade whose pods never become ready: what is left behind, with and without going back."""

import pytest

from pytest_helmsim import CrashLoop, UpgradeFailed


def test_a_bad_image_rolls_back(release, cluster):
    cluster.images["web:9.9.9"] = CrashLoop(logs="panic: no config")
    release.install("charts/web")
    with pytest.raises(UpgradeFailed) as failure:
        release.upgrade("charts/web", values={"image": {"tag": "9.9.9"}}, atomic=True, timeout="10m")
    assert "Deployment/web" in failure.value.not_ready  # which object, which condition, the pod's last log line
    assert "panic: no config" in failure.value.not_ready["Deployment/web"]
    assert release.history.statuses == {1: "superseded", 2: "failed", 3: "deployed"}


def test_without_atomic_the_new_pods_stay_broken_beside_the_old_ones(release, cluster):
    cluster.images["web:9.9.9"] = CrashLoop(logs="panic: no config")
    release.install("charts/web", wait=True)
    with pytest.raises(UpgradeFailed):
        release.upgrade("charts/web", values={"image": {"tag": "9.9.9"}}, wait=True, timeout="2m")
    web = release.live("Deployment/web")
    assert web["status.readyReplicas"] == 1  # the old pod still answers
    assert web["status.unavailableReplicas"] == 1
    assert release.history.statuses == {1: "deployed", 2: "failed"}
