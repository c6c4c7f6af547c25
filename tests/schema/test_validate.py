"""Validation against a real server's refusals: message and causes, for creations and for changes.

Every row is an edit of a good object (tests/recorded/validation/cases.yaml). The server lists the complaints about one map (labels,
limits) in no fixed order, so rows are compared as sorted lists; the order of the rest is checked where the recorded one is stable.
"""

import json
import re
from pathlib import Path

import pytest

from pytest_helmsim.objects.json import copy
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.schema import defaults, strategies
from pytest_helmsim.schema.validate import validate_create, validate_update

RECORDED = json.loads((Path(__file__).parents[1] / "recorded" / "validation" / "answers.json").read_text())
UID = "00000000-0000-0000-0000-000000000000"


def case_id(row):
    edits = ",".join(f"{path}={json.dumps(value)}" for path, value in row["edits"].items())
    return f"{'update' if row['old'] else 'create'}-{row['base']}-{edits}"[:120]


def ours(row):
    request = copy(row["request"])
    gvk = GroupVersionKind.of_object(request)
    if row["old"] is None:
        if request["metadata"].get("generateName") and not request["metadata"].get("name"):
            request["metadata"]["name"] = request["metadata"]["generateName"] + "abcde"
        new = defaults.apply(gvk, request)
        new["metadata"]["uid"] = UID
        return validate_create(gvk, strategies.prepare_for_create(gvk, new, uid=UID))
    old = defaults.apply(gvk, row["old"])
    new = strategies.prepare_for_update(gvk, defaults.apply(gvk, request), old)
    return validate_update(gvk, new, old)


ALLOCATION = "failed to allocate"
GENERATED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=Bad-)[a-z0-9]{5}")


def masked(message):
    return GENERATED.sub("*", message)


def is_ours(row):
    return row["status"] in (200, 201, 422) and ALLOCATION not in row.get("message", "")


@pytest.mark.parametrize("row", [row for row in RECORDED if is_ours(row)], ids=case_id)
def test_as_the_server_refuses(row):
    expected = [(cause.get("field", ""), masked(cause["message"])) for cause in row.get("causes", ())]
    found = [(error.field, masked(error.body)) for error in ours(row)]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("row", [row for row in RECORDED if is_ours(row) and row["status"] == 422], ids=case_id)
def test_reasons_of_the_causes(row):
    expected = sorted((cause["reason"], cause.get("field", "")) for cause in row["causes"])
    assert sorted((error.type, error.field) for error in ours(row)) == expected
