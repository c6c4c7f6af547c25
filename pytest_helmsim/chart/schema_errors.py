"""A flat list of schema errors as the tree that Helm's library prints.

    - at '/image': validation failed
      - at '/image': missing property 'tag'
      - at '/image/port': got string, want integer

Source: github.com/santhosh-tekuri/jsonschema/v6 validator.go, output.go, kind/kind.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from pytest_helmsim.objects.json import type_name

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_ALONE: Final = ("type", "const", "enum", "format")
"""Keywords after whose failure the library looks no further."""
_TYPES: Final = ("null", "boolean", "number", "integer", "string", "array", "object")
_NAMED: Final = frozenset({"properties", "patternProperties", "dependencies", "dependentSchemas"})
_COUNTS: Final = {
    "minProperties": len, "maxProperties": len, "minItems": len, "maxItems": len, "minLength": len, "maxLength": len,
}  # fmt: skip


@dataclass(slots=True)
class _Node:
    """One subschema applied to one value: what failed there, and the applications below it."""

    location: tuple[Any, ...]
    leaves: list[ValidationError] = field(default_factory=list)
    children: dict[tuple[Any, ...], _Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Line:
    """A printed error; `silent` ones show only what caused them."""

    location: tuple[Any, ...]
    text: str
    causes: tuple[_Line, ...] = ()
    silent: bool = False
    group: bool = False


def explain(errors: Iterable[ValidationError]) -> str:
    """The lines for the errors of one document, without a line end after the last."""
    root = _Node(())
    for error in errors:
        _insert(root, error, tuple(error.relative_schema_path), tuple(error.relative_path))
    top = _summarize(root)
    lines = top.causes if top.group else (top,)
    return "\n".join(text for line in lines for text in _show(line, 0))


def _insert(node: _Node, error: ValidationError, schema_path: tuple[Any, ...], instance_path: tuple[Any, ...]) -> None:
    """Walk down one subschema for each step of the schema path, and put the error where it belongs."""
    while len(schema_path) > 1:
        keyword = schema_path[0]
        if keyword in ("allOf", "anyOf", "oneOf"):
            step, consumed = schema_path[:2], 0
        elif keyword in ("$ref", "$dynamicRef", "$recursiveRef", "then", "else", "if", "not"):
            step, consumed = schema_path[:2] if keyword == "if" else schema_path[:1], 0
        elif keyword in _NAMED:
            step, consumed = schema_path[:2], 0 if keyword.startswith("depend") else 1
        elif keyword in ("items", "prefixItems", "additionalItems", "contains"):
            step = schema_path[:2] if isinstance(schema_path[1], int) else schema_path[:1]
            consumed = 1
        else:
            step, consumed = schema_path[:1], 1
        if consumed > len(instance_path):
            consumed = len(instance_path)
        location = (*node.location, *instance_path[:consumed])
        key = (*step, *instance_path[:consumed])
        node = node.children.setdefault(key, _Node(location))
        schema_path, instance_path = schema_path[len(step) :], instance_path[consumed:]
    node.leaves.append(error)


def _summarize(node: _Node) -> _Line:
    """The error of one application: the only one, or a group."""
    for keyword in _ALONE:
        for leaf in node.leaves:
            if leaf.validator == keyword:
                return _Line(node.location, _text(leaf))
    lines = list(dict.fromkeys(_leaf(leaf, node.location) for leaf in node.leaves))
    together: dict[str, list[_Line]] = {}
    for key, child in node.children.items():
        line = _summarize(child)
        if key[0] == "allOf":
            together.setdefault("allOf", []).append(line)
        elif str(key[0]).endswith(("$ref", "Ref")):
            causes = line.causes if line.group else (line,)
            lines.append(_Line(node.location, "validation failed", causes, silent=len(causes) == 1))
        else:
            lines.append(line)
    if "allOf" in together:
        lines.append(_Line(node.location, "'allOf' failed", tuple(together["allOf"])))
    if len(lines) == 1:
        return lines[0]
    return _Line(node.location, "validation failed", tuple(lines), group=True)


def _leaf(error: ValidationError, location: tuple[Any, ...]) -> _Line:
    causes: tuple[_Line, ...] = ()
    if error.validator in ("anyOf", "oneOf") and error.context:
        branches: dict[Any, _Node] = {}
        for inner in error.context:
            path = tuple(inner.relative_schema_path)
            branch = branches.setdefault(path[0], _Node(location))
            _insert(branch, inner, path[1:], tuple(inner.relative_path))
        causes = tuple(_summarize(branches[key]) for key in sorted(branches, key=str))
        if error.validator == "oneOf" and "is valid under each of" in error.message:
            causes = ()
    return _Line(location, _text(error), causes)


def _show(line: _Line, depth: int) -> list[str]:
    lines: list[str] = []
    if not line.silent:
        pointer = "".join("/" + str(each).replace("~", "~0").replace("/", "~1") for each in line.location)
        lines.append(f"{'  ' * depth}- at {_quote(pointer)}: {line.text}")
        depth += 1
    for cause in line.causes:
        lines.extend(_show(cause, depth))
    return lines


def _text(error: ValidationError) -> str:
    keyword = error.validator
    if not isinstance(keyword, str) or error.message == "false schema":
        return "false schema"
    wanted: Any = error.validator_value
    got: Any = error.instance
    match keyword:
        case "type":
            types = sorted(wanted, key=_TYPES.index) if isinstance(wanted, list) else [wanted]
            return f"got {_type(got)}, want {' or '.join(types)}"
        case "enum":
            if any(isinstance(each, list | dict) for each in wanted):
                return "'enum' failed"
            shown = ", ".join(map(_display, wanted))
            return f"value must be {shown}" if len(wanted) == 1 else f"value must be one of {shown}"
        case "const":
            return "'const' failed" if isinstance(wanted, list | dict) else f"value must be {_display(wanted)}"
        case "required":
            missing = [name for name in wanted if name not in got]
            word = "property" if len(missing) == 1 else "properties"
            return f"missing {word} {', '.join(map(_quote, missing))}"
        case "additionalProperties":
            return f"additional properties {', '.join(map(_quote, _extra(error)))} not allowed"
        case "minProperties" | "maxProperties" | "minItems" | "maxItems" | "minLength" | "maxLength":
            return f"{keyword}: got {_COUNTS[keyword](got)}, want {int(wanted)}"
        case "pattern":
            return f"{_quote(got)} does not match pattern {_quote(wanted)}"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf":
            if isinstance(wanted, bool):
                schema: Any = error.schema
                wanted = schema.get("minimum" if "Min" in str(keyword) else "maximum")
            return f"{keyword}: got {_number(got)}, want {_number(wanted)}"
        case "uniqueItems":
            return "items at {} and {} are equal".format(*_duplicates(got))
        case "oneOf":
            matched = [
                index for index in range(len(wanted)) if not any(each.relative_schema_path[0] == index for each in error.context or ())
            ]
            if "is valid under each of" in error.message and len(matched) > 1:
                return f"'oneOf' failed, subschemas {matched[0]}, {matched[1]} matched"
            return "'oneOf' failed, none matched"
        case "not" | "anyOf" | "allOf":
            return f"'{keyword}' failed"
        case "dependentRequired" | "dependencies":
            return _dependent(error)
        case "contains":
            return "no items match contains schema"
        case "format":
            return f"{_display(got)} is not valid {wanted}"
        case "additionalItems" | "items":
            return f"last {len(got)} additionalItem(s) not allowed" if isinstance(got, list) else "false schema"
        case _:
            return f"'{keyword}' failed"


def _extra(error: ValidationError) -> list[str]:
    import re2

    schema: Any = error.schema
    known = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    instance: Any = error.instance
    return [name for name in instance if name not in known and not any(re2.search(each, name) for each in patterns)]


def _dependent(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    got: Any = error.instance
    for name, needed in wanted.items():
        if name in got and isinstance(needed, list):
            missing = [each for each in needed if each not in got]
            if missing:
                return f"properties {', '.join(map(_quote, missing))} required, if {_quote(name)} exists"
    return "validation failed"


def _duplicates(items: list[Any]) -> tuple[int, int]:
    for second, item in enumerate(items):
        for first in range(second):
            if items[first] == item:
                return first, second
    return 0, 1


def _type(value: Any) -> str:
    return "number" if type_name(value) == "integer" else type_name(value)


def _display(value: Any) -> str:
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, list | dict):
        return "value"
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _number(value)


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{Fraction(repr(value)).numerator}" if value.is_integer() and abs(value) < 1e16 else f"{value:g}"
    return str(value)


def _quote(text: str) -> str:
    """Single quotes, as the library has them."""
    inner = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("'", "\\'")
    return f"'{inner}'"
