"""Go's typed nils: a slice or map that is empty and nil at once.

They behave as empty ones everywhere but in JSON and YAML (`null` instead of `[]`), in deepEqual, and when a nil map is written to.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pytest_helmsim.template.values import StringList


class NilList(list[Any]):
    """`[]interface {}(nil)`."""

    __slots__ = ()
    NIL: ClassVar[bool] = True

    def marshal_json(self) -> str:
        """As encoding/json writes a nil slice, unless something has been put in."""
        return "null"


class NilStringList(StringList):
    """`[]string(nil)`."""

    __slots__ = ()
    NIL: ClassVar[bool] = True

    def marshal_json(self) -> str:
        """As encoding/json writes a nil slice."""
        return "null"


class NilMap(dict[str, Any]):
    """`map[string]interface {}(nil)`."""

    __slots__ = ()
    NIL: ClassVar[bool] = True

    def marshal_json(self) -> str:
        """As encoding/json writes a nil map."""
        return "null"


def is_nil(value: Any) -> bool:
    """Whether the value is nil, typed or not."""
    return value is None or isinstance(value, NilList | NilStringList | NilMap)
