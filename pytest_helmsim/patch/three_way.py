"""The patch that Helm 3 sends: deletions from original to target, additions and changes from live to target.

Source: k8s.io/apimachinery pkg/util/strategicpatch/patch.go (CreateThreeWayMergePatch, overwrite).
"""

from __future__ import annotations

from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.patch import strategic
from pytest_helmsim.patch.errors import bounded
from pytest_helmsim.patch.strategic_diff import Wanted, diff
from pytest_helmsim.schema.model import Schema

_CHANGES = Wanted(deletions=False)
_DELETIONS = Wanted(changes=False)


@bounded
def build(original: JsonObject, target: JsonObject, live: JsonObject, schema: Schema) -> JsonObject:
    """The strategic merge patch for `live`: what the target says wins, what only live says stays, what the target dropped goes.

    `build(a, a, live)` brings drift back; `build(a, b, b)` holds the deletions only; `{}` when there is nothing to send.
    """
    changes = diff(live, target, schema, _CHANGES)
    deletions = diff(original, target, schema, _DELETIONS)
    return strategic.merge(deletions, changes, schema, applying=False)
