"""The store: forks share until they write, revisions, the window of changes, lists as they were.

Not here: what objects look like (test_recorded), watches (test_watch).
"""

from __future__ import annotations

import random
import sys

import pytest

from pytest_helmsim.apiserver.store import WINDOW, Store, StoreKey

KEY = StoreKey("", "configmaps")


def _fill(count: int) -> Store:
    store = Store()
    for number in range(count):
        store.put(KEY, f"ns{number % 7}", f"c{number:05}", {"metadata": {"name": f"c{number:05}", "uid": "u"}, "data": {}})
    return store


def test_a_fork_does_not_see_later_writes_and_the_other_way_round() -> None:
    store = _fill(10)
    twin = store.fork()
    store.put(KEY, "ns0", "mine", {"metadata": {}})
    twin.put(KEY, "ns0", "theirs", {"metadata": {}})
    twin.remove(KEY, "ns1", "c00001")
    assert store.get(KEY, "ns0", "mine")
    assert store.get(KEY, "ns1", "c00001")
    assert not store.get(KEY, "ns0", "theirs")
    assert not twin.get(KEY, "ns0", "mine")


def test_forks_draw_the_same_names_and_uids() -> None:
    store = _fill(3)
    assert store.fork().draw("name") == store.fork().draw("name") != Store(seed=1).draw("name")


def test_a_fork_of_many_objects_copies_no_objects() -> None:
    store = _fill(5000)
    twin = store.fork()
    same = [a[2] is b[2] for a, b in zip(store.records(KEY), twin.records(KEY), strict=True)]
    assert all(same)
    assert sys.getsizeof(twin._changes) < 200_000


def test_order_is_by_namespace_then_name() -> None:
    store = Store()
    for namespace, name in (("b", "a"), ("a-b", "x"), ("a", "z"), ("a", "b")):
        store.put(KEY, namespace, name, {"metadata": {}})
    assert [(space, name) for space, name, _ in store.records(KEY)] == [("a-b", "x"), ("a", "b"), ("a", "z"), ("b", "a")]


def test_a_list_as_it_was() -> None:
    store = _fill(4)
    then = store.revision
    store.remove(KEY, "ns0", "c00000")
    store.put(KEY, "ns1", "new", {"metadata": {}})
    store.put(KEY, "ns2", "c00002", {"metadata": {}, "data": {"changed": "1"}})
    before = store.records_at(then, KEY, None)
    assert before is not None
    assert [name for _, name, _ in before] == ["c00000", "c00001", "c00002", "c00003"]
    assert "changed" not in before[2][2].obj["data"]


@pytest.mark.parametrize(("age", "known"), [(1, True), (WINDOW, True), (2 * WINDOW + 2, False)])
def test_old_changes_are_forgotten(age: int, known: bool) -> None:
    store = Store()
    for number in range(2 * WINDOW + 2):
        store.put(KEY, "a", "x", {"metadata": {}, "data": {"n": str(number)}})
    assert (store.changes_since(store.revision - age) is not None) is known


def test_restore_goes_on_counting_and_forgets_what_was_watched() -> None:
    store = _fill(2)
    snapshot = store.fork()
    store.put(KEY, "ns0", "later", {"metadata": {}})
    seen = store.revision
    store.restore(snapshot)
    assert not store.get(KEY, "ns0", "later")
    assert store.revision > seen
    assert store.changes_since(seen) is None


def test_parts_are_slices_of_the_whole() -> None:
    """Whatever was created, deleted and copied in between, after any key, in one namespace and over all."""
    store, randomly, spaces = Store(), random.Random(7), ("a", "a-b", "a.b", "b")
    for step in range(300):
        space, name = randomly.choice(spaces), f"n{randomly.randrange(40)}"
        if store.get(KEY, space, name) is not None and step % 3 == 0:
            store.remove(KEY, space, name)
        else:
            store.put(KEY, space, name, {"metadata": {"name": name}})
        if step % 50 == 0:
            store.fork()
        start = (randomly.choice((*spaces, "c", "")), f"n{randomly.randrange(40)}")
        for namespace in (None, "a-b"):
            whole = [f"{space}/{name}" for space, name, _ in store.records(KEY, namespace)]
            assert whole == sorted(whole)
            after = [key for key in whole if key > f"{start[0] if namespace is None else namespace}/{start[1]}"]
            found, left = store.part(KEY, namespace, start, 5)
            assert [f"{space}/{name}" for space, name, _ in found] == after[:5]
            assert left == len(after[5:])
