"""What was sent, laid over what is written: empty lists and maps, and amounts in another spelling."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.schema.catalog import Catalog
from pytest_helmsim.schema.model import Schema
from pytest_helmsim.schema.rawness import is_empty, is_otherwise, is_owned, overlaid

CATALOG = Catalog.for_version("1.36")


def schema(api_version: str, kind: str) -> Schema:
    found = CATALOG.schema(GroupVersionKind.of(api_version, kind))
    assert found is not None
    return found


def test_empty_lists_and_maps_come_back() -> None:
    written = {"spec": {"podSelector": {}}}
    sent = {"spec": {"podSelector": {"matchLabels": {}}, "ingress": [], "egress": None}}
    found = overlaid(written, sent, schema("networking.k8s.io/v1", "NetworkPolicy"), is_empty)
    assert found == {"spec": {"podSelector": {"matchLabels": {}}, "ingress": []}}


def test_closed_types_are_not_entered() -> None:
    written = {"spec": {"podSelector": {}}}
    sent = {"spec": {"podSelector": {"matchLabels": {}}}}
    assert overlaid(written, sent, schema("networking.k8s.io/v1", "NetworkPolicy"), is_empty, closed="LabelSelector") is written


def test_the_very_same_value_when_nothing_was_sent_otherwise() -> None:
    written = {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}
    assert overlaid(written, {**written, "unknown": []}, schema("rbac.authorization.k8s.io/v1", "Role"), is_owned) is written


def test_lists_of_another_length_are_left_alone() -> None:
    written: dict[str, Any] = {"rules": [{"verbs": ["get"]}]}
    sent = {"rules": [{"verbs": ["get"], "resources": []}, {"verbs": []}]}
    assert overlaid(written, sent, schema("rbac.authorization.k8s.io/v1", "Role"), is_owned) is written


@pytest.mark.parametrize(
    ("field", "sent", "taken"),
    [
        pytest.param("rules", [{"verbs": ["get"], "resources": []}], True, id="within a list that is one value"),
        pytest.param("rules", [{"verbs": ["get"], "resources": None}], False, id="null is nothing"),
        pytest.param("metadata", {"labels": {}, "finalizers": []}, False, id="elsewhere what is not written is not owned"),
    ],
)
def test_owners_see_empties_in_lists_that_are_one_value(field: str, sent: Any, taken: bool) -> None:
    written: dict[str, Any] = {"metadata": {}, "rules": [{"verbs": ["get"]}]}
    found = overlaid(written, {**written, field: sent}, schema("rbac.authorization.k8s.io/v1", "Role"), is_owned)
    assert (found is not written) == taken


@pytest.mark.parametrize(
    ("written", "sent", "differs"),
    [("2", "2000m", True), ("512Mi", "512Mi", False), ("512Mi", "0.5Gi", True), ("2", "2", False)],
)
def test_amounts_of_resources_differ_by_their_spelling(written: str, sent: str, differs: bool) -> None:
    whole, given = ({"spec": {"limits": [{"type": "Pod", "max": {"memory": text}}]}} for text in (written, sent))
    found = overlaid(whole, given, schema("v1", "LimitRange"), is_owned)
    assert (found != whole) == differs


@pytest.mark.parametrize(("amount", "differs"), [("512Mi", True), ("1Gi", False), ("1536Mi", True), ("10", False), ("500m", False)])
def test_an_amount_whose_text_is_forgotten_is_never_the_one_read_before(amount: str, differs: bool) -> None:
    metric = {"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": amount}}}
    whole: dict[str, Any] = {"spec": {"metrics": [metric]}}
    found = overlaid(whole, copy.deepcopy(whole), schema("autoscaling/v2", "HorizontalPodAutoscaler"), is_otherwise)
    assert (found != whole) == differs
