"""Field paths: grammar, reading, writing, and what an error says."""

from __future__ import annotations

import pytest

from pytest_helmsim.objects.fields import FieldNotFound, FieldPath, FieldPathError, Item, Match, item_step, walk

OBJECT = {
    "metadata": {"annotations": {"example.com/x": "1", "a[0]=b": "2"}, "finalizers": ["a/b", "c"]},
    "spec": {
        "replicas": 3,
        "containers": [
            {"name": "mesh", "image": "mesh:1"},
            {
                "name": "server",
                "image": "web:1",
                "ports": [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "UDP"}],
            },
        ],
    },
}


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", ()),
        ("spec.replicas", ("spec", "replicas")),
        ("a[b].c", ("a", Item("b"), "c")),
        ("a[name=b]", ("a", Item("b"))),
        ('a["b"]', ("a", Item("b"))),
        ("a[0]", ("a", 0)),
        ("a[-1]", ("a", -1)),
        ('a["0"]', ("a", Item("0"))),
        ("a[example.com/x]", ("a", Item("example.com/x"))),
        ('a["x]\\"y"]', ("a", Item('x]"y'))),
        ("a[protocol=TCP,containerPort=80]", ("a", Match((("containerPort", "80"), ("protocol", "TCP"))))),
        ('a[topologyKey="a,b"]', ("a", Match((("topologyKey", "a,b"),)))),
        ("[0][1]", (0, 1)),
    ],
)
def test_a_path_parses_and_prints_back(text, steps):
    path = FieldPath.parse(text)

    assert path.steps == steps
    assert FieldPath.parse(str(path)) == path


@pytest.mark.parametrize(("text", "column"), [("a[", 2), ("a[]", 2), ("a..b", 3), ("a.", 3), ("a]", 2), ('a["b]', 2), (".a", 1)])
def test_a_mistake_in_the_text_is_located(text, column):
    with pytest.raises(FieldPathError, match=f"column {column}"):
        FieldPath.parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("spec.replicas", 3),
        ("spec.containers[server].image", "web:1"),
        ("spec.containers.server.image", "web:1"),
        ("spec.containers[1].image", "web:1"),
        ("spec.containers[-1].name", "server"),
        ("spec.containers[name=mesh].image", "mesh:1"),
        ("spec.containers[server].ports[containerPort=80,protocol=UDP].protocol", "UDP"),
        ("metadata.annotations[example.com/x]", "1"),
        ('metadata.annotations["a[0]=b"]', "2"),
        ("metadata.finalizers[a/b]", "a/b"),
    ],
)
def test_a_value_is_read(text, value):
    assert FieldPath.parse(text).read(OBJECT) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "spec.container[server].image",
            "no field `spec.container[server].image`: `spec` exists and has containers, replicas; did you mean `containers`?",
        ),
        (
            "spec.containers[sever].image",
            "no field `spec.containers[sever].image`: `spec.containers` exists and has mesh, server; did you mean `server`?",
        ),
        ("spec.replicas.x", "no field `spec.replicas.x`: `spec.replicas` exists and has nothing below it"),
        ("zzz", "no field `zzz`: the object exists and has metadata, spec"),
        ("metadata.finalizers[7]", "no field `metadata.finalizers[7]`: `metadata.finalizers` exists and has 0, 1"),
    ],
)
def test_a_wrong_path_says_how_far_it_goes_and_what_is_near(text, message):
    with pytest.raises(FieldNotFound) as failure:
        FieldPath.parse(text).read(OBJECT)

    assert str(failure.value) == message
    assert FieldPath.parse(text).get(OBJECT, "none") == "none"


def test_setting_makes_a_new_object_and_shares_the_rest():
    changed = FieldPath.parse("spec.containers[server].image").set(OBJECT, "web:2")

    assert changed["spec"]["containers"][1]["image"] == "web:2"
    assert OBJECT["spec"]["containers"][1]["image"] == "web:1"
    assert changed["metadata"] is OBJECT["metadata"]


@pytest.mark.parametrize(
    ("text", "new", "expected"),
    [
        ("a.b", 1, {"a": {"b": 1}}),
        ("a[x].image", 1, {"a": [{"name": "x", "image": 1}]}),
        ("a[example.com/x]", "1", {"a": {"example.com/x": "1"}}),
        ("a[port=80].name", "n", {"a": [{"port": 80, "name": "n"}]}),
        ("a[0]", "n", {"a": ["n"]}),
    ],
)
def test_setting_makes_what_is_missing(text, new, expected):
    assert FieldPath.parse(text).set({}, new) == expected


def test_setting_below_a_scalar_is_an_error():
    with pytest.raises(FieldPathError, match=r"`spec.replicas` is '3', neither a map nor a list"):
        FieldPath.parse("spec.replicas.x").set(OBJECT, 1)


def test_removing_an_item_and_a_key():
    assert [c["name"] for c in FieldPath.parse("spec.containers[mesh]").remove(OBJECT)["spec"]["containers"]] == ["server"]
    assert "replicas" not in FieldPath.parse("spec.replicas").remove(OBJECT)["spec"]
    with pytest.raises(FieldNotFound):
        FieldPath.parse("spec.nothing").remove(OBJECT)


def test_walking_gives_every_leaf():
    leaves = {str(path): value for path, value in walk(OBJECT)}

    assert leaves["spec.containers[server].ports[1].protocol"] == "UDP"
    assert leaves["metadata.annotations[example.com/x]"] == "1"
    assert len(leaves) == 13


def test_an_items_step_names_its_keys():
    assert item_step({"name": "a"}, ("name",)) == Item("a")
    assert str(FieldPath(("p", item_step({"port": 1, "protocol": "TCP"}, ("port", "protocol"))))) == "p[port=1,protocol=TCP]"
    assert item_step("x", ()) == Item("x")
