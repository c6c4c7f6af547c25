"""Custom resources merge by other rules: Helm 3 looks at the two manifests only, Helm 4 at who owns the field."""

import pytest

from pytest_helmsim import UpgradeFailed


def test_the_definition_comes_before_the_resource_and_fills_its_defaults(release):
    release.install("charts/widgets-1.0.0")
    assert release.live("Widget/gear")["spec"] == {"colour": "grey", "size": 1, "tags": ["small"]}


@pytest.mark.helmsim(helm="3")
def test_helm_3_does_not_see_drift_in_a_field_that_the_chart_did_not_change(release):
    release.install("charts/widgets-1.0.0")
    release.live("Widget/gear").patch({"spec": {"size": 7, "tags": ["large"]}})

    upgrade = release.upgrade("charts/widgets-1.0.0")
    assert upgrade["Widget/gear"].field("spec.size").verdict == "diverged"
    assert release.live("Widget/gear")["spec.size"] == 7

    upgrade = release.upgrade("charts/widgets-1.1.0")  # a list that the chart changed is replaced whole
    assert release.live("Widget/gear")["spec.tags"] == ["small", "round"]
    assert release.live("Widget/gear")["spec.size"] == 7


@pytest.mark.helmsim(helm="4")
def test_helm_4_stops_at_a_field_that_somebody_else_changed(release):
    release.install("charts/widgets-1.0.0")
    release.live("Widget/gear").patch({"spec": {"tags": ["large"]}})

    with pytest.raises(UpgradeFailed, match=r'conflict with "kubectl-patch" using example.com/v1: \.spec\.tags'):
        release.upgrade("charts/widgets-1.0.0")

    release.upgrade("charts/widgets-1.0.0", force_conflicts=True)
    assert release.live("Widget/gear")["spec.tags"] == ["small"]


def test_a_value_that_the_definition_refuses_fails_the_upgrade(release):
    release.install("charts/widgets-1.0.0")
    with pytest.raises(UpgradeFailed, match="spec.size in body should be greater than or equal to 1"):
        release.upgrade("charts/widgets-1.0.0", values={"size": 0})
    assert release.history.statuses == {1: "deployed", 2: "failed"}
