"""What left the chart: removed from the cluster, or kept because the chart said so while it was there."""

import pytest

from pytest_helmsim import UpgradeFailed


def test_a_removed_object_goes_and_a_kept_one_stays(release):
    release.install("charts/settings-1.0.0")

    upgrade = release.upgrade("charts/settings-2.0.0")

    assert upgrade["ConfigMap/legacy"].action == "deleted"
    assert upgrade["Secret/certificate"].action == "kept"
    assert not release.live("ConfigMap/legacy").exists
    assert release.live("Secret/certificate").exists


def test_a_removed_key_goes_even_when_somebody_changed_it(release):
    release.install("charts/settings-1.0.0")
    release.live("ConfigMap/settings").patch({"data": {"theme": "dark"}})

    upgrade = release.upgrade("charts/settings-2.0.0")

    assert upgrade["ConfigMap/settings"].field("data.shape").verdict == "removed"
    assert upgrade["ConfigMap/settings"].field("data.theme").verdict == "kept"
    assert release.live("ConfigMap/settings")["data"] == {"colour": "blue", "theme": "dark"}


def test_an_upgrade_back_adopts_the_kept_secret_and_makes_the_other_again(release):
    release.install("charts/settings-1.0.0")
    release.upgrade("charts/settings-2.0.0")

    rollback = release.rollback(1)

    assert rollback["ConfigMap/legacy"].action == "created"
    assert release.live("Secret/certificate").exists


@pytest.mark.helmsim(helm="4")
def test_an_edited_key_is_a_conflict_for_helm_4(release):
    release.install("charts/settings-1.0.0")
    release.live("ConfigMap/settings").edit(lambda settings: settings["data"].update(colour="red"))

    with pytest.raises(UpgradeFailed, match=r'conflict with "kubectl-edit" using v1: \.data\.colour'):
        release.upgrade("charts/settings-1.0.0", values={"colour": "green"})


@pytest.mark.helmsim(helm="3")
def test_an_edited_key_is_overwritten_by_helm_3(release):
    release.install("charts/settings-1.0.0")
    release.live("ConfigMap/settings").edit(lambda settings: settings["data"].update(colour="red"))

    upgrade = release.upgrade("charts/settings-1.0.0")

    assert [str(each) for each in upgrade.converged] == ["ConfigMap/settings data.colour"]
    assert release.live("ConfigMap/settings")["data.colour"] == "blue"


def test_uninstall_leaves_the_kept_secret(release):
    release.install("charts/settings-1.0.0")
    release.uninstall()
    assert release.live("Secret/certificate").exists
    assert not release.live("ConfigMap/settings").exists
