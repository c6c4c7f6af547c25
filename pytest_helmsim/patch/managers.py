"""`metadata.managedFields` as a value: who owns which fields, decoded from its entries and encoded back in the server's order.

Source: k8s.io/apimachinery pkg/util/managedfields/internal/{managedfields,capmanagers}.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from pytest_helmsim.objects.gojson import encode as go_json
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.patch import field_codec
from pytest_helmsim.patch.errors import PatchError
from pytest_helmsim.patch.field_set import FieldSet

APPLY: Final = "Apply"
UPDATE: Final = "Update"
MAX_UPDATE_MANAGERS: Final = 10
ANCIENT_CHANGES: Final = "ancient-changes"


class Manager(NamedTuple):
    """Identity of an entry: an applier is one over all versions, an updater is another for each version."""

    name: str
    operation: str
    api_version: str = ""
    """Empty for appliers."""
    subresource: str = ""

    @classmethod
    def of(cls, name: str, operation: str, api_version: str, subresource: str = "") -> Manager:
        """A nameless manager is `unknown`."""
        return cls(name or "unknown", operation, "" if operation == APPLY else api_version, subresource)

    @property
    def identifier(self) -> str:
        """The text by which the server sorts managers in messages and entries of equal time."""
        parts = {"manager": self.name, "operation": self.operation, "apiVersion": self.api_version, "subresource": self.subresource}
        return "{" + ",".join(f'"{key}":{go_json(value)}' for key, value in parts.items() if value) + "}"

    def __str__(self) -> str:
        """`"kubectl" with subresource "scale" using apps/v1`: how conflicts name it."""
        text = go_json(self.name, escape_html=False)
        if self.subresource:
            text += f" with subresource {go_json(self.subresource, escape_html=False)}"
        return f"{text} using {self.api_version}" if self.operation == UPDATE else text


class Owned(NamedTuple):
    """What one manager owns: the fields, in which version they are written, since when."""

    fields: FieldSet
    api_version: str
    time: str | None


Owners = dict[Manager, Owned]


def decode(entries: Iterable[JsonObject]) -> Owners:
    """Raise PatchError for an entry that the server would refuse; of two entries with one identity the last counts."""
    owners: Owners = {}
    for index, entry in enumerate(entries):
        operation = entry.get("operation")
        if operation not in (APPLY, UPDATE):
            raise PatchError("operation must be `Apply` or `Update`")
        api_version = entry.get("apiVersion")
        if not api_version:
            raise PatchError("apiVersion must not be empty")
        fields_type = entry.get("fieldsType")
        if not fields_type:
            raise PatchError(f"missing fieldsType in managed fields entry {index}")
        if fields_type != "FieldsV1":
            raise PatchError(f"invalid fieldsType {go_json(fields_type)} in managed fields entry {index}")
        manager = Manager(entry.get("manager") or "", operation, "" if operation == APPLY else api_version, entry.get("subresource") or "")
        owners[manager] = Owned(field_codec.decode(entry.get("fieldsV1")), api_version, entry.get("time"))
    return owners


def encode(owners: Mapping[Manager, Owned]) -> list[JsonObject]:
    """The entries: appliers first, then by time, name, version and subresource."""
    ranked = sorted(
        owners.items(), key=lambda row: (row[0].operation, row[1].time or "", row[0].name, row[1].api_version, row[0].subresource)
    )
    return [_entry(manager, owned) for manager, owned in ranked]


def _entry(manager: Manager, owned: Owned) -> JsonObject:
    entry: JsonObject = {}
    if manager.name:
        entry["manager"] = manager.name
    entry["operation"] = manager.operation
    entry["apiVersion"] = owned.api_version
    if owned.time is not None:
        entry["time"] = owned.time
    entry["fieldsType"] = "FieldsV1"
    entry["fieldsV1"] = field_codec.encode(owned.fields)
    if manager.subresource:
        entry["subresource"] = manager.subresource
    return entry


def is_reset(entries: Json) -> bool:
    """`[]` and `[{}]` in a request ask to forget all owners."""
    return isinstance(entries, list) and (not entries or (len(entries) == 1 and not entries[0]))


def capped(owners: Owners) -> Owners:
    """At most ten updaters: the oldest of one version become one, `ancient-changes`, with the time of the youngest of them."""
    updaters = [manager for manager in owners if manager.operation == UPDATE]
    if len(updaters) <= MAX_UPDATE_MANAGERS:
        return owners
    owners = dict(owners)
    updaters.sort(key=lambda manager: (owners[manager].time or "", manager.identifier))
    first_of: dict[str, Manager] = {}
    count = len(updaters)
    for manager in updaters:
        if count <= MAX_UPDATE_MANAGERS:
            break
        owned = owners[manager]
        bucket = Manager(ANCIENT_CHANGES, UPDATE, owned.api_version)
        first = first_of.setdefault(owned.api_version, manager)
        if first == manager:
            continue
        if bucket not in owners:
            owners[bucket] = owners.pop(first)
        owners[bucket] = Owned(owned.fields | owners[bucket].fields, owned.api_version, owned.time)
        owners.pop(manager, None)
        count -= 1
    return owners
