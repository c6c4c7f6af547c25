"""An image bump, while the live object is not what the chart made: who wins, field by field."""


def test_image_bump_keeps_the_injected_sidecar(release):
    release.install("charts/web", values={"image": {"tag": "2.0.0"}})
    release.live("Deployment/web").inject_container("mesh", image="mesh:1.0.0")

    upgrade = release.upgrade("charts/web", values={"image": {"tag": "2.1.0"}})

    web = upgrade["Deployment/web"]
    assert web.field("spec.template.spec.containers[server].image").verdict == "changed"
    assert web.field("spec.template.spec.containers[mesh]").verdict == "kept"
    assert upgrade.lost == []
    assert release.history.statuses == {1: "superseded", 2: "deployed"}


def test_a_new_chart_version_adds_its_fields_beside_what_was_there(release):
    release.install("charts/web-1.0.0")
    release.live("Deployment/web").annotate({"team": "blue"}).set_env({"TRACE": "1"})

    upgrade = release.upgrade("charts/web")

    web = upgrade["Deployment/web"]
    assert web.field("spec.template.spec.containers[server].env[LOG_LEVEL]").verdict == "added"
    assert web.field("spec.template.spec.containers[server].readinessProbe").verdict == "added"
    assert web.field("spec.template.spec.containers[server].env[TRACE]").verdict == "kept"
    assert web.field("metadata.annotations[team]").verdict == "kept"
    assert upgrade["Service/web"].action == "unchanged"


def test_a_deleted_object_comes_back(release):
    release.install("charts/web")
    release.live("Service/web").delete()

    upgrade = release.upgrade("charts/web", values={"greeting": "hi"})

    assert upgrade["Service/web"].action == "created"
    assert release.live("Service/web")["spec.ports[http].port"] == 80
