"""Objects that expressions make: `Object.spec{replicas: 3}`. Only admission policies have types of which objects can be made."""

from __future__ import annotations

from typing import Any


class Made(dict[str, Any]):
    """The fields that were given, and the name of the type."""

    def __init__(self, type_name: str, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self.type_name = type_name
