"""`values.schema.json`: coalesced values against the chart's schema and those of its subcharts, errors in Helm's words.

The check is the `jsonschema` package's (with RE2 patterns); its flat list of errors is put back into the tree that Helm's library prints.
Drafts 4 to 2020-12; without `$schema` 2020-12. A `$ref` may point into the file, to `file:` and (unchecked) to `urn:`.

Source: helm.sh/helm pkg/chart/common/util/jsonschema.go; github.com/santhosh-tekuri/jsonschema/v6 validator.go, output.go, kind/kind.go.
"""

from __future__ import annotations

import functools
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_helmsim.chart import schema_quick
from pytest_helmsim.chart.errors import SchemaError
from pytest_helmsim.chart.model import Chart
from pytest_helmsim.objects import gojson
from pytest_helmsim.objects import json as plain
from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.objects.flavour import HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.remembered import Remembered
from pytest_helmsim.template.values import go_type

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_HEADING: Final = "values don't meet the specifications of the schema(s) in the following chart(s):\n"
_BASE: Final = "file:///values.schema.json"
_ASSERTING_FORMATS: Final = ("draft-03", "draft-04", "draft-06", "draft-07")
_VALID: Final = Remembered("valid", shortest=0)
"""Values that keep to a schema which only the library can check, so that a process need not import it; one that has it writes no more."""
_OUTSIDE: Final = re.compile(rb'Ref"\s*:\s*"[^#]|ref"\s*:\s*"[^#]|\\\\u')
"""A reference to another file, or a text that might hide one: what such a schema means can change while it stays the same."""
_log = logging.getLogger(__name__)


def validate(chart: Chart, values: JsonObject, *, flavour: Flavour = HELM4) -> None:
    """Raise SchemaError when the values of the chart or of a subchart break its schema."""
    text = "".join(_problems(chart, values))
    if text:
        raise SchemaError(_HEADING + text)


def _problems(chart: Chart, values: JsonObject) -> Iterator[str]:
    if chart.schema is not None:
        problem = check(values, chart.schema)
        if problem:
            yield f"{chart.name}:\n{problem}"
    for child in chart.dependencies:
        section = values.get(child.name)
        if section is None:
            continue
        if not isinstance(section, dict):
            yield f"{child.name}:\ninvalid type for values: expected object (map), got {go_type(section)}\n"
            continue
        yield from _problems(child, section)


def check(values: JsonObject, schema: bytes) -> str:
    """What a single schema finds wrong, line by line; empty when nothing is."""
    if _OUTSIDE.search(schema):
        return _check(values, schema)
    if schema_quick.is_valid(_document(schema), values):
        return ""
    try:
        key = _VALID.key(schema, plain.dumps(values).decode())
    except TypeError:
        return _check(values, schema)
    if _VALID.find(key):
        return ""
    if "jsonschema" in sys.modules:
        key = (key[0], False)
    problem = _check(values, schema)
    if not problem:
        _VALID.keep(key, True)
    return problem


def _check(values: JsonObject, schema: bytes) -> str:
    try:
        validator = _validator(schema)
    except SchemaError as error:
        return str(error)
    from referencing.exceptions import Unresolvable

    try:
        if validator.is_valid(values):
            return ""
        errors = list(validator.iter_errors(values))
    except Unresolvable as error:
        return f"failing loading {json.dumps(str(error.ref))}: {error}"
    except RecursionError:
        return "unable to validate schema: the schema refers to itself without end"
    if not errors:
        return ""
    from pytest_helmsim.chart.schema_errors import explain

    return explain(errors) + "\n"


@functools.lru_cache(maxsize=64)
def _validator(schema: bytes) -> Validator:
    document = _document(schema)
    if isinstance(document, gojson.GoJsonError):
        raise SchemaError(str(document).replace("unexpected end of JSON input", "unexpected EOF")) from document
    import jsonschema
    import referencing
    from jsonschema import validators
    from referencing.jsonschema import DRAFT202012, specification_with

    if isinstance(document, bool):
        return jsonschema.Draft202012Validator(document)
    if not isinstance(document, dict):
        raise SchemaError("jsonschema validation failed: values.schema.json holds no schema")
    dialect = document.get("$schema") or ""
    base = validators.validator_for(document, default=jsonschema.Draft202012Validator)
    extend: Any = validators.extend
    checked: Any = extend(base, _KEYWORDS, type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER)
    specification = specification_with(dialect, default=DRAFT202012) if dialect else DRAFT202012
    registry: Any = referencing.Registry(retrieve=_retriever(specification))  # type: ignore[call-arg]
    resource = specification.create_resource(document)
    registry = registry.with_resource(_BASE, resource)
    formats = base.FORMAT_CHECKER if any(draft in dialect for draft in _ASSERTING_FORMATS) else None
    made: Validator = checked(document, registry=registry, format_checker=formats, _resolver=registry.resolver(_BASE))
    return made


@functools.lru_cache(maxsize=64)
def _document(schema: bytes) -> Any:
    """What a schema's text says, or what is wrong with it."""
    try:
        return gojson.decode(schema.decode("utf-8", "replace"))
    except gojson.GoJsonError as error:
        return error


def _retriever(specification: Any) -> Callable[[str], Any]:
    def retrieve(uri: str) -> Any:
        if uri.startswith("urn:"):
            _log.warning("unresolved URN reference ignored; using permissive schema: %s", uri)
            return specification.create_resource(True)
        if uri.startswith("file://"):
            data = json.loads(Path(uri.removeprefix("file://").partition("#")[0]).read_bytes())
            return specification.create_resource(data)
        raise UnsupportedFeature(f"the schema at {uri}", "keep a copy beside values.schema.json, or skip the schema validation")

    return retrieve


def _properties(validator: Any, properties: dict[str, Any], instance: Any, schema: Any) -> Iterator[Any]:
    """As the library does it, but a subschema `false` names the property too."""
    from jsonschema.exceptions import ValidationError

    if not validator.is_type(instance, "object"):
        return
    for name, subschema in properties.items():
        if name not in instance:
            continue
        if subschema is False:
            yield ValidationError("false schema", instance=instance[name], path=(name,), schema_path=(name,))
        else:
            yield from validator.descend(instance[name], subschema, path=name, schema_path=name)


def _reference(validator: Any, reference: str, instance: Any, schema: Any) -> Iterator[Any]:
    """As the library does it, but the step is kept in the path."""
    for error in validator._validate_reference(ref=reference, instance=instance):
        error.schema_path.appendleft("$ref")
        yield error


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if validator.is_type(instance, "string") and not _search(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: dict[str, Any], instance: Any, schema: Any) -> Iterator[Any]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, subschema in patterns.items():
        for name, value in instance.items():
            if _search(pattern, name):
                yield from validator.descend(value, subschema, path=name, schema_path=pattern)


_KEYWORDS: Final = {"properties": _properties, "patternProperties": _pattern_properties, "pattern": _pattern, "$ref": _reference}


def _search(pattern: str, text: str) -> bool:
    import re2

    try:
        return re2.search(pattern, text) is not None
    except re2.error as error:
        raise UnsupportedFeature(
            f"the pattern {pattern!r} of a values schema", f"Go's regular expressions have no such form: {error}"
        ) from error
