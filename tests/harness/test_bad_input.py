"""A test author's mistakes: each gets one clear error, and nothing half-written stays in records or cluster."""

import pytest

from pytest_helmsim import ChartError, HelmsimError, InstallFailed, UpgradeFailed
from pytest_helmsim.harness.errors import BadReference, NoSuchChart, NoSuchField, NoSuchObject

MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  colour: "{{ .Values.colour }}"\n'
SCHEMA = '{"type": "object", "properties": {"colour": {"type": "string", "minLength": 3}}}'

CHARTS = [
    # name, files, exception, what its text must have
    ("no Chart.yaml", {"Chart.yaml": None, "templates/a.yaml": MAP}, ChartError, ["Chart.yaml"]),
    ("broken Chart.yaml", {"Chart.yaml": "name: [", "templates/a.yaml": MAP}, ChartError, ["Chart.yaml", "line 1"]),
    ("no name", {"Chart.yaml": "apiVersion: v2\nversion: 1.0.0\n"}, ChartError, ["chart.metadata.name is required"]),
    ("broken values", {"values.yaml": "a: b: c\n", "templates/a.yaml": MAP}, ChartError, ["values.yaml", "mapping values are not allowed"]),
    ("template that does not parse", {"templates/a.yaml": "a\n{{ if }}\n"}, ChartError, ["tiny/templates/a.yaml:2", "missing value for if"]),
    ("template that fails", {"templates/a.yaml": '\n{{ fail "no way" }}'}, ChartError, ["tiny/templates/a.yaml:2:3", "no way"]),
    ("unknown function", {"templates/a.yaml": "{{ foo }}"}, ChartError, ["tiny/templates/a.yaml:1", 'function "foo" not defined']),
    ("output that is no YAML", {"templates/a.yaml": "a: b: c"}, ChartError, ["YAML parse error on tiny/templates/a.yaml"]),
    ("values that the schema refuses", {"values.schema.json": SCHEMA.replace("3", "9")}, ChartError, ["tiny:", "at '/colour': minLength: got 4, want 9"]),
    ("unknown kind", {"templates/a.yaml": "apiVersion: x.io/v1\nkind: Nope\nmetadata:\n  name: a\n"}, HelmsimError, ['no matches for kind "Nope" in version "x.io/v1"']),
]  # fmt: skip


@pytest.mark.parametrize(("files", "error", "texts"), [row[1:] for row in CHARTS], ids=[row[0] for row in CHARTS])
def test_a_chart_with_a_mistake_leaves_nothing(world, chart, files, error, texts):
    path = chart(**files)
    release = world("r")
    with pytest.raises(error) as caught:
        release.install(path)
    for text in texts:
        assert text in str(caught.value)
    assert release.history.statuses == {}
    assert world.cluster.client.list("configmaps", "default", field_selector="metadata.name=settings") == []


@pytest.mark.parametrize(("files", "error", "texts"), [row[1:] for row in CHARTS], ids=[row[0] for row in CHARTS])
def test_an_upgrade_to_it_leaves_the_release_as_it_was(world, chart, files, error, texts):
    release = world("r")
    release.install(chart("good", **{"templates/a.yaml": MAP}))
    before = world.cluster.client.get("configmaps", "settings", "default")
    with pytest.raises(error):
        release.upgrade(chart(**files))
    assert release.history.statuses == {1: "deployed"}
    assert world.cluster.client.get("configmaps", "settings", "default") == before


def test_a_missing_chart_names_the_places_and_the_charts_that_are_there(world, chart, tmp_path):
    chart("good")
    with pytest.raises(NoSuchChart) as caught:
        world("r").install("god")
    assert f"looked for {tmp_path}/god" in str(caught.value)
    assert f"{tmp_path} has good" in str(caught.value)


def test_a_release_that_exists_cannot_be_installed_again(world, chart):
    path = chart(**{"templates/a.yaml": MAP})
    world("r").install(path)
    with pytest.raises(HelmsimError, match="a name that is still in use"):
        world("r").install(path)
    assert world("r").history.statuses == {1: "deployed"}


def test_a_release_that_does_not_exist(world, chart):
    path = chart(**{"templates/a.yaml": MAP})
    with pytest.raises(HelmsimError, match='"r" has no deployed releases'):
        world("r").upgrade(path)
    with pytest.raises(HelmsimError, match="release: not found"):
        world("r").rollback(1)
    with pytest.raises(HelmsimError, match="uninstall: Release not loaded: r: release: not found"):
        world("r").uninstall()
    with pytest.raises(HelmsimError, match="release: not found"):
        _ = world("r").status


def test_a_revision_that_does_not_exist(world, chart):
    release = world("r")
    release.install(chart(**{"templates/a.yaml": MAP}))
    with pytest.raises(HelmsimError, match="release has no 7 version"):
        release.rollback(7)
    with pytest.raises(NoSuchObject, match="no revision 7 is stored; there are 1"):
        _ = release.history[7]
    assert release.history.statuses == {1: "deployed"}


def test_a_live_object_that_does_not_exist(world, chart):
    release = world("r")
    release.install(chart(**{"templates/a.yaml": MAP}))
    with pytest.raises(NoSuchObject, match="no ConfigMap 'setings' in namespace default; it has .*settings"):
        _ = release.live("ConfigMap/setings")["data"]
    with pytest.raises(NoSuchObject, match="no Deployment 'web' in namespace default; it has no Deployment at all"):
        release.live("Deployment/web").scale(1)
    with pytest.raises(NoSuchObject):
        release.live("ConfigMap/setings").delete()


@pytest.mark.parametrize("reference", ["web", "Deployment", "/web", "Deployment/", "a/b/c"])
def test_words_that_name_no_object(world, reference):
    with pytest.raises(BadReference, match="write KIND/NAME"):
        world("r").live(reference)


def test_a_kind_that_the_cluster_does_not_have(world):
    with pytest.raises(HelmsimError, match='the server doesn\'t have a resource type "Deploymint"'):
        world("r").live("Deploymint/web")


def test_a_field_path_with_a_typo_names_what_is_near(world, chart):
    release = world("r")
    release.install(chart(**{"templates/a.yaml": MAP}))
    upgrade = release.upgrade(chart(**{"templates/a.yaml": MAP}), values={"colour": "red"})
    with pytest.raises(NoSuchField, match=r"no field 'data\.color' .*near it: data\.colour"):
        upgrade["ConfigMap/settings"].field("data.color")
    with pytest.raises(NoSuchObject, match="the operation touched no 'ConfigMap/other'; it touched ConfigMap/settings"):
        _ = upgrade["ConfigMap/other"]
    with pytest.raises(HelmsimError, match="colour"):
        _ = release.live("ConfigMap/settings")["data.color"]


def test_an_option_with_a_typo_names_what_is_near(world, chart):
    with pytest.raises(HelmsimError, match="install has no option 'atomc'; did you mean atomic"):
        world("r").install(chart(), atomc=True)


def test_values_that_yaml_does_not_have(world, chart):
    with pytest.raises(BadReference, match="cannot stand in values"):
        world("r").install(chart(), values={"a": {1, 2}})


@pytest.mark.parametrize("timeout", ["5", "5x", ""])
def test_a_timeout_that_is_no_duration(world, chart, timeout):
    with pytest.raises(HelmsimError, match="time: "):
        world("r").install(chart(**{"templates/a.yaml": MAP}), timeout=timeout, wait=True)
    assert world("r").history.statuses == {}


def test_what_the_server_refuses_is_a_failed_revision_with_its_words(world, chart):
    bad = MAP.replace("name: settings", "name: Not_A_Name")
    with pytest.raises(InstallFailed, match="a lowercase RFC 1123 subdomain"):
        world("r").install(chart(**{"templates/a.yaml": bad}))
    assert world("r").history.statuses == {1: "failed"}
    release = world("s")
    release.install(chart("good", **{"templates/a.yaml": MAP.replace("settings", "other")}))
    with pytest.raises(UpgradeFailed) as failure:
        release.upgrade(chart(**{"templates/a.yaml": bad}))
    assert failure.value.outcome.status == "failed"
    assert release.history.statuses == {1: "deployed", 2: "failed"}
