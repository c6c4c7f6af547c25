"""Server-side apply beyond what is recorded: several API versions, changed schemas, the algebra of field sets, what is never owned."""

from __future__ import annotations

import pytest

from pytest_helmsim.patch import field_codec, server_side
from pytest_helmsim.patch.errors import BadPatch, PatchError
from pytest_helmsim.patch.field_set import FieldSet, display_path, keyed, valued
from pytest_helmsim.patch.managers import capped, decode
from pytest_helmsim.patch.typed_merge import reconciled
from pytest_helmsim.schema.model import Schema

STRING = Schema("string")
META = Schema("object", fields={"name": STRING, "labels": Schema("object", values=STRING)})
ITEM = Schema("object", fields={"name": STRING, "value": STRING})


def kind(**fields):
    return Schema("object", fields={"apiVersion": STRING, "kind": STRING, "metadata": META, "spec": Schema("object", fields=fields)})


def obj(version="t/v1", **spec):
    return {"apiVersion": version, "kind": "T", "metadata": {"name": "x"}, "spec": spec}


NOTHING = {key: value for key, value in obj().items() if key != "spec"}
PLAIN = kind(a=STRING, b=STRING, items=Schema("array", items=ITEM, list_type="map", list_map_keys=("name",)))


def apply(live, managers, applied, manager, schema=PLAIN, **settings):
    settings = {"api_version": "t/v1", "now": "2026-01-01T00:00:00Z", **settings}
    return server_side.apply(live, managers, applied, manager=manager, schema=schema, **settings)


def owners(applied):
    return {
        f"{entry['manager']}{' ' + entry['subresource'] if 'subresource' in entry else ''}": sorted(
            map(display_path, field_codec.decode(entry["fieldsV1"]))
        )
        for entry in applied.managers
    }


def test_an_applier_owns_what_it_says_and_gives_up_what_it_leaves_out():
    first = apply(None, [], obj(a="1", items=[{"name": "i", "value": "v"}]), "helm")
    second = apply(first.object, first.managers, obj(b="2"), "helm")

    assert owners(first) == {"helm": [".spec.a", '.spec.items[name="i"]', '.spec.items[name="i"].name', '.spec.items[name="i"].value']}
    assert second.object["spec"] == {"b": "2"}
    assert owners(second) == {"helm": [".spec.b"]}


def test_applying_twice_changes_nothing_not_even_the_time():
    first = apply(None, [], obj(a="1"), "helm")
    second = apply(first.object, first.managers, obj(a="1"), "helm", now="2027-01-01T00:00:00Z")

    assert not second.changed
    assert second.managers == first.managers


def test_a_shared_field_stays_until_its_last_owner_leaves():
    both = apply(None, [], obj(a="1"), "one")
    both = apply(both.object, both.managers, obj(a="1"), "two")
    one = apply(both.object, both.managers, NOTHING, "one")
    none = apply(one.object, one.managers, NOTHING, "two")

    assert one.object["spec"] == {"a": "1"}
    assert owners(one) == {"two": [".spec.a"]}
    assert "spec" not in none.object or not none.object["spec"]
    assert owners(none) == {}


def test_conflicts_name_every_owner_and_force_takes_over():
    live = apply(None, [], obj(a="1", b="1"), "one")
    live = apply(live.object, live.managers, obj(a="1"), "two", subresource="sub")

    with pytest.raises(server_side.Conflicts) as failure:
        apply(live.object, live.managers, obj(a="2", b="2"), "three")

    assert str(failure.value).splitlines() == [
        'Apply failed with 3 conflicts: conflicts with "one":',
        "- .spec.a",
        "- .spec.b",
        'conflicts with "two" with subresource "sub":',
        "- .spec.a",
    ]
    assert [cause.field for cause in failure.value.causes] == [".spec.a", ".spec.b", ".spec.a"]
    assert owners(apply(live.object, live.managers, obj(a="2", b="2"), "three", force=True)) == {"three": [".spec.a", ".spec.b"]}


@pytest.mark.parametrize(
    ("applied", "error", "text"),
    [
        (obj(c="1"), PatchError, "failed to create typed patch object (/x; t/v1, Kind=T): .spec.c: field not declared in schema"),
        (
            obj(items=[{"name": "i"}, {"name": "i"}]),
            PatchError,
            'failed to create typed patch object (/x; t/v1, Kind=T): .spec.items: duplicate entries for key [name="i"]',
        ),
        ({**obj(), "apiVersion": "t/v9"}, BadPatch, "invalid object type: t/v9, Kind=T"),
        ({**obj(), "metadata": {"managedFields": [{}]}}, BadPatch, "metadata.managedFields must be nil"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(applied, error, text):
    with pytest.raises(error) as failure:
        apply(None, [], applied, "helm")

    assert str(failure.value) == text


RENAMED = kind(alpha=STRING, b=STRING)


def convert(value, version):
    """Two versions of one kind: `a` of v1 is `alpha` in v2; v0 is gone."""
    schemas = {"t/v1": PLAIN, "t/v2": RENAMED}
    if version not in schemas:
        return None
    spec = dict(value.get("spec") or {})
    old, new = ("a", "alpha") if version == "t/v2" else ("alpha", "a")
    if old in spec:
        spec[new] = spec.pop(old)
    return {**value, "apiVersion": version, "spec": spec}, schemas[version]


def test_owners_of_another_version_are_seen_through_conversion():
    live = apply(None, [], obj(a="1", b="1"), "one")

    with pytest.raises(server_side.Conflicts, match=r"\.spec\.a$"):
        apply(*convert(live.object, "t/v2")[:1], live.managers, obj("t/v2", alpha="2"), "two", RENAMED, api_version="t/v2", convert=convert)

    moved = apply(convert(live.object, "t/v2")[0], live.managers, obj("t/v2", b="1"), "one", RENAMED, api_version="t/v2", convert=convert)

    assert moved.object["spec"] == {"b": "1"}
    assert [entry["apiVersion"] for entry in moved.managers] == ["t/v2"]


def test_owners_of_a_version_that_is_gone_vanish():
    live = apply(None, [], obj(a="1"), "one")
    old = [{**live.managers[0], "apiVersion": "t/v0"}]

    assert owners(apply(live.object, old, obj(a="2"), "two", convert=convert)) == {"two": [".spec.a"]}


def test_a_list_that_became_atomic_is_owned_as_a_whole():
    fields = FieldSet.of(("f:spec", "f:items"), ("f:spec", "f:items", 'k:{"name":"i"}'), ("f:spec", "f:items", 'k:{"name":"i"}', "f:value"))
    atomic = kind(items=Schema("array", items=ITEM, list_type="atomic"))

    assert reconciled(fields, PLAIN) is fields
    assert reconciled(fields, atomic) == FieldSet.of(("f:spec", "f:items"))


def test_an_update_takes_what_changed_and_leaves_the_rest():
    first = apply(None, [], obj(a="1", b="1"), "helm")
    entries = server_side.update(
        first.object, obj(a="2"), first.managers, manager="kubectl", api_version="t/v1", schema=PLAIN, now="2026-01-01T00:00:01Z"
    )

    assert [(entry["manager"], entry["operation"], entry["fieldsV1"]) for entry in entries] == [
        ("kubectl", "Update", {"f:spec": {"f:a": {}}})
    ]


def test_the_eleventh_updater_makes_the_two_oldest_one():
    entries = [
        {
            "manager": f"m{number:02}", "operation": "Update", "apiVersion": "t/v1", "time": f"2026-01-01T00:00:{number:02}Z",
            "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {f"f:{number}": {}}},
        }
        for number in range(11)
    ]  # fmt: skip
    result = capped(decode(entries))

    names = sorted(manager.name for manager in result)
    assert names == ["ancient-changes", *(f"m{number:02}" for number in range(2, 11))]
    ancient = next(owned for manager, owned in result.items() if manager.name == "ancient-changes")
    assert (ancient.time, field_codec.encode(ancient.fields)) == ("2026-01-01T00:00:01Z", {"f:spec": {"f:0": {}, "f:1": {}}})


A, AB, AC, B = ("f:a",), ("f:a", "f:b"), ("f:a", "f:c"), ("f:b",)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (FieldSet.of(A) | FieldSet.of(AB), {A, AB}),
        (FieldSet.of(A, AB) & FieldSet.of(AB, B), {AB}),
        (FieldSet.of(A, AB, AC) - FieldSet.of(A), {AB, AC}),
        (FieldSet.of(A, AB, AC) - FieldSet.of(AB), {A, AC}),
        (FieldSet.of(AB) - FieldSet.of(AB), set()),
        (FieldSet.of(A, AB, B).minus_recursive(FieldSet.of(A)), {B}),
        (FieldSet.of(A, AB, AC).minus_recursive(FieldSet.of(AB)), {A, AC}),
        (FieldSet.of(A, AB, B).leaves(), {AB, B}),
    ],
)
def test_the_algebra_of_field_sets(result, expected):
    assert set(result) == expected
    assert len(result) == len(expected)
    assert bool(result) == bool(expected)
    assert all(path in result for path in expected)


def test_inclusion():
    assert FieldSet.of(A, AB).includes(FieldSet.of(AB))
    assert not FieldSet.of(AB).includes(FieldSet.of(A))
    assert FieldSet.of(A).includes(FieldSet.of())


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"f:a": {}},
        {"f:a": {".": {}, "f:b": {}}},
        {"f:a": {"f:b": {}, 'k:{"name":"x","port":80}': {".": {}, "f:c": {}}, "v:1": {}, 'v:"s"': {}, "i:0": {}}},
        {"f:items": {'k:{"port":9}': {}, 'k:{"port":80}': {}, 'k:{"port":"a"}': {}}},
    ],
)
def test_fields_v1_goes_in_and_out_in_the_servers_order(fields):
    encoded = field_codec.encode(field_codec.decode(fields))

    assert encoded == fields
    assert str(encoded) == str(fields)


def test_decoding_forgives_spacing_and_unknown_elements():
    loose = {'k:{ "protocol": "TCP", "port": 80.0 }': {}, "z:new": {}, "f:a": None}

    assert field_codec.decode(loose) == FieldSet.of((keyed({"port": 80, "protocol": "TCP"}),), ("f:a",))
    with pytest.raises(PatchError, match="no path element"):
        field_codec.decode({"nonsense": {}})


def test_elements_are_shown_as_messages_show_them():
    assert display_path(("f:spec", keyed({"name": "a", "port": 80}), valued("x"), "i:3")) == '.spec[name="a",port=80][="x"][3]'


def test_what_was_written_is_read_without_looking_and_a_copy_anew():
    fields = FieldSet.of(("f:spec", "f:a"), ("f:spec",))
    written = field_codec.encode(fields)
    assert field_codec.encode(fields) is written
    assert field_codec.decode(written) is fields
    changed = {**written, "f:other": {}}
    assert field_codec.decode(changed) == FieldSet.of(("f:spec", "f:a"), ("f:spec",), ("f:other",))
    assert field_codec.decode(dict(written)) == fields


def test_an_update_of_fields_that_are_owned_already_keeps_the_entry():
    live = obj(a="1")
    first = server_side.update(None, live, [], manager="m", api_version="t/v1", schema=kind(a=STRING), now="2020-01-01T00:00:00Z")
    again = server_side.update(live, obj(a="2"), first, manager="m", api_version="t/v1", schema=kind(a=STRING), now="2020-01-02T00:00:00Z")
    assert again[0]["fieldsV1"] is first[0]["fieldsV1"]
    assert again[0]["time"] == "2020-01-02T00:00:00Z"
