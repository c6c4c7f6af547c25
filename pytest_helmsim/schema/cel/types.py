"""Types of expressions, and how one is written in an error: `list(int)`, `map(string, dyn)`, `optional_type(string)`.

A type is a value: a kind, a name and parameters; two that look alike are one. Source: github.com/google/cel-go common/types/types.go,
checker/format.go.
"""

from __future__ import annotations

from dataclasses import dataclass

_PLAIN = frozenset(["bool", "bytes", "double", "int", "string", "uint"])


@dataclass(frozen=True, slots=True)
class Type:
    """A type; `name` tells objects and opaque types apart, and type parameters."""

    kind: str
    name: str
    params: tuple[Type, ...] = ()

    def __str__(self) -> str:
        match self.kind:
            case "duration" | "timestamp" | "null" | "param":
                return self.name if self.kind == "param" else self.kind
            case "error":
                return "!error!"
        return f"{self.name}({', '.join(map(str, self.params))})" if self.params else self.name

    @property
    def is_dyn(self) -> bool:
        """Whether anything may stand there."""
        return self.kind == "dyn"

    @property
    def is_optional(self) -> bool:
        """Whether a value may be absent."""
        return self.name == "optional_type" and self.kind == "opaque"

    @property
    def is_scalar(self) -> bool:
        """Whether all values have the same size."""
        return self.kind in ("bool", "double", "duration", "int", "timestamp", "uint") or (self.is_optional and self.params[0].is_scalar)

    @property
    def run_time_name(self) -> str:
        """What a value of the type calls its type."""
        return {"duration": "google.protobuf.Duration", "timestamp": "google.protobuf.Timestamp", "null": "null_type"}.get(
            self.kind, self.name
        )


BOOL, BYTES, DOUBLE, INT, STRING, UINT = (Type(kind, kind) for kind in ("bool", "bytes", "double", "int", "string", "uint"))
DYN, ERROR, NULL = Type("dyn", "dyn"), Type("error", "error"), Type("null", "null_type")
DURATION, TIMESTAMP = Type("duration", "google.protobuf.Duration"), Type("timestamp", "google.protobuf.Timestamp")
TYPE = Type("type", "type")
IP, CIDR = Type("opaque", "net.IP"), Type("opaque", "net.CIDR")


def list_of(item: Type) -> Type:
    """Lists of one type of items."""
    return Type("list", "list", (item,))


def map_of(key: Type, value: Type) -> Type:
    """Maps."""
    return Type("map", "map", (key, value))


def optional_of(value: Type) -> Type:
    """A value that may be absent."""
    return Type("opaque", "optional_type", (value,))


def type_of(value: Type) -> Type:
    """The type whose values are types."""
    return Type("type", "type", (value,))


def param(name: str) -> Type:
    """A type to be found out."""
    return Type("param", name)


def struct(name: str) -> Type:
    """Objects with declared fields."""
    return Type("struct", name)


QUANTITY, URL, SEMVER, FORMAT = (struct(f"kubernetes.{name}") for name in ("Quantity", "URL", "Semver", "NamedFormat"))
AUTHORIZER, PATH_CHECK, GROUP_CHECK, RESOURCE_CHECK, DECISION = (
    struct(f"kubernetes.authorization.{name}") for name in ("Authorizer", "PathCheck", "GroupCheck", "ResourceCheck", "Decision")
)
IDENTIFIERS: dict[str, Type] = {
    **{plain.name: type_of(plain) for plain in (BOOL, BYTES, DOUBLE, INT, STRING, UINT, DURATION, TIMESTAMP, NULL)},
    "list": type_of(list_of(param("A"))),
    "map": type_of(map_of(param("A"), param("B"))),
    "type": type_of(TYPE),
    "optional_type": type_of(optional_of(param("V"))),
    **{known.name: type_of(known) for known in (IP, CIDR, QUANTITY, URL, SEMVER, FORMAT)},
    **{known.name: type_of(known) for known in (AUTHORIZER, PATH_CHECK, GROUP_CHECK, RESOURCE_CHECK, DECISION)},
}
