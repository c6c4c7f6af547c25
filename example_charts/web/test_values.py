"""Which values an upgrade uses: those of this command, those of the last one, or the chart's own."""

import pytest

OLD = {"greeting": "good morning", "replicaCount": 2}
ROWS = [
    # values of the upgrade, its flag, greeting and replicas afterwards
    ({}, {}, "good morning", 2),  # nothing given: the last values again
    ({"replicaCount": 3}, {}, "hello", 3),  # something given: the last values are forgotten
    ({"replicaCount": 3}, {"reuse_values": True}, "good morning", 3),
    ({"replicaCount": 3}, {"reset_then_reuse_values": True}, "good morning", 3),
    ({}, {"reset_values": True}, "hello", 1),
]


@pytest.mark.parametrize(("values", "flag", "greeting", "replicas"), ROWS)
def test_values_of_an_upgrade(release, values, flag, greeting, replicas):
    release.install("charts/web", values=OLD)

    release.upgrade("charts/web", values=values, **flag)

    web = release.live("Deployment/web")
    assert web["spec.template.spec.containers[server].env[GREETING].value"] == greeting
    assert web["spec.replicas"] == replicas


def test_reuse_values_hides_the_defaults_of_a_new_chart(release):
    """`--reuse-values` freezes the old chart's defaults: a value that the new chart introduces is empty."""
    release.install("charts/web-1.0.0", values={"greeting": "hi"})

    release.upgrade("charts/web", reuse_values=True)
    assert release.live("Deployment/web").get("spec.template.spec.containers[server].env[LOG_LEVEL].value", "") == ""

    release.upgrade("charts/web", reset_then_reuse_values=True)
    assert release.live("Deployment/web")["spec.template.spec.containers[server].env[LOG_LEVEL].value"] == "info"
