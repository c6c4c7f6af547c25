# ruff: noqa: E501
"""Request sequences for `record_api.py`: CustomResourceDefinitions, right and wrong, and their objects. As in `api_scenarios.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import APPLY, JSON_PATCH, MERGE, TABLE, Step
from api_scenarios_more import delete, get, patch, post

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
Schema = dict[str, Any]
STRING, INTEGER = {"type": "string"}, {"type": "integer"}


def definition(kind: str, group: str, spec: Schema, *, scope: str = "Namespaced", status: Schema | None = None, **more: Any) -> Schema:
    """A definition with one version `v1`; `more` goes into the version."""
    plural = f"{kind.lower()}s"
    properties = {"spec": spec, **({"status": status} if status else {})}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": properties}},
        **more,
    }
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": scope, "names": names, "versions": [version]},
    }


def obj(fields: Schema) -> Schema:
    """An object schema."""
    return {"type": "object", "properties": fields}


def rule(text: str, **more: Any) -> list[Schema]:
    """One CEL rule."""
    return [{"rule": text, **more}]


KEYWORDS: dict[str, tuple[Schema, tuple[Any, ...]]] = {
    "str": (STRING, (1, 1.5, True, None, [], {}, "x")),
    "int": (INTEGER, ("1", 1.0, 1.5, True, None, 2**40, -1, 1e30)),
    "int32": ({"type": "integer", "format": "int32"}, (2**31, 2**31 - 1, -(2**31) - 1, "x")),
    "int64": ({"type": "integer", "format": "int64"}, (2**62, 1.5)),
    "num": ({"type": "number"}, (1, 1.5, "1", 1e400 if False else 1e30)),
    "double": ({"type": "number", "format": "double"}, (1, 2.5)),
    "flag": ({"type": "boolean"}, ("true", 1, False, None)),
    "arr": ({"type": "array", "items": STRING}, ("x", {}, [1], ["a", 2, None], None, [])),
    "map": ({"type": "object", "additionalProperties": INTEGER}, ("x", [], {"a": "b"}, {"a": 1, "b": None}, {"a b": 1.5}, {})),
    "minmax": ({"type": "integer", "minimum": 1, "maximum": 5}, (0, 1, 5, 6)),
    "excl": ({"type": "number", "minimum": 1, "exclusiveMinimum": True, "maximum": 5.5, "exclusiveMaximum": True}, (1, 5.5, 1.1)),
    "mult": ({"type": "number", "multipleOf": 0.5}, (0.3, 1.5, 2)),
    "multi": ({"type": "integer", "multipleOf": 3}, (4, 9)),
    "len": ({"type": "string", "minLength": 2, "maxLength": 4}, ("a", "ab", "abcde", "éé", "ééééé", "")),
    "pat": ({"type": "string", "pattern": "^[a-z]+$"}, ("a", "A", "", "a1")),
    "enum": ({"type": "string", "enum": ["a", "b"]}, ("a", "c", "", None)),
    "inum": ({"type": "integer", "enum": [1, 2]}, (1, 3, "1")),
    "items": ({"type": "array", "minItems": 1, "maxItems": 2, "items": INTEGER}, ([], [1], [1, 2, 3])),
    "one": ({"type": "array", "maxItems": 1, "items": INTEGER}, ([1, 2],)),
    "props": ({"type": "object", "minProperties": 1, "maxProperties": 2, "additionalProperties": STRING}, ({}, {"a": "1"}, {"a": "1", "b": "2", "c": "3"})),
    "set": ({"type": "array", "x-kubernetes-list-type": "set", "items": STRING}, (["a", "b"], ["a", "a"], ["a", "b", "a", "b"])),
    "keyed": (
        {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name", "port"], "items": {"type": "object", "required": ["name"], "properties": {"name": STRING, "port": {"type": "integer", "default": 80}, "v": STRING}}},
        ([{"name": "a"}], [{"name": "a"}, {"name": "a"}], [{"name": "a"}, {"name": "a", "port": 81}], [{"port": 1}], [{"name": "a", "x": 1}]),
    ),
    "ios": ({"x-kubernetes-int-or-string": True}, (1, "1", 1.5, True, [], {}, None)),
    "iosany": ({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}], "pattern": "^[0-9]+%?$"}, (1, "5%", "x", 1.5)),
    "free": ({"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"a": STRING}}, ({"z": 1, "a": "x"}, {"a": 1}, [], {"deep": {"er": [1, {"a": None}]}})),
    "any": ({"x-kubernetes-preserve-unknown-fields": True}, (1, "x", [1], {"a": 1}, None, True)),
    "nul": ({"type": "string", "nullable": True}, (None, "x", 1)),
    "nuldef": ({"type": "string", "nullable": True, "default": "d"}, (None, "x")),
    "def": ({"type": "object", "default": {}, "properties": {"a": {"type": "string", "default": "x"}, "b": {"type": "object", "properties": {"c": {"type": "integer", "default": 3}}}}}, ({}, {"b": {}}, {"a": None}, {"b": None})),
    "date": ({"type": "string", "format": "date-time"}, ("2020-01-01T00:00:00Z", "yesterday", "2020-01-01", "2020-01-01T00:00:00.123+01:00")),
    "day": ({"type": "string", "format": "date"}, ("2020-01-01", "2020-13-01", "x")),
    "dur": ({"type": "string", "format": "duration"}, ("5m", "1h30m", "x", "5", "3 days")),
    "byte": ({"type": "string", "format": "byte"}, ("YQ==", "!", "YQ")),
    "mail": ({"type": "string", "format": "email"}, ("a@b.example", "x", "A <a@b.example>")),
    "host": ({"type": "string", "format": "hostname"}, ("a.example", "-a", "a_b", "A.B")),
    "ip4": ({"type": "string", "format": "ipv4"}, ("1.2.3.4", "1.2.3", "::1")),
    "ip6": ({"type": "string", "format": "ipv6"}, ("::1", "1.2.3.4", "x")),
    "cidr": ({"type": "string", "format": "cidr"}, ("10.0.0.0/8", "10.0.0.0", "::/0")),
    "uri": ({"type": "string", "format": "uri"}, ("https://a.example/x", "a b", "x", "/x")),
    "uuid": ({"type": "string", "format": "uuid"}, ("00000000-0000-4000-8000-000000000000", "x")),
    "mac": ({"type": "string", "format": "mac"}, ("00:00:5e:00:53:01", "x")),
    "bson": ({"type": "string", "format": "bsonobjectid"}, ("507f1f77bcf86cd799439011", "x")),
    "nofmt": ({"type": "string", "format": "wonderful"}, ("x",)),
    "anyof": ({"type": "object", "properties": {"a": STRING, "b": STRING}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, ({}, {"a": "1"}, {"a": "1", "b": "2"})),
    "oneof": ({"type": "object", "properties": {"a": STRING, "b": STRING}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, ({}, {"a": "1"}, {"a": "1", "b": "2"})),
    "allof": ({"type": "integer", "allOf": [{"minimum": 3}, {"maximum": 5}]}, (2, 4, 6)),
    "not": ({"type": "string", "not": {"enum": ["bad"]}}, ("bad", "good")),
    "nested": (obj({"a": {"type": "array", "items": {**obj({"n": {"type": "integer", "minimum": 1}}), "required": ["n", "m"]}}}), ({"a": [{"n": 0}, {"m": 1}, {}]}, {"a": ["x"]}, {"x": 1, "a": [{"n": 1, "y": 2}]})),
    "emb": ({"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}, ({}, {"apiVersion": "v1", "kind": "Pod"}, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "nope": 1}, "spec": {"x": 1}}, {"apiVersion": "", "kind": "Pod"}, {"apiVersion": "v1", "kind": "bad kind", "metadata": {"name": "a"}})),
}  # fmt: skip


def keywords() -> Iterator[Step]:
    """Every keyword of a schema, with values that fit and that do not."""
    fields = {name: schema for name, (schema, _) in KEYWORDS.items()}
    yield post(CRDS, definition("Word", "keywords.example.com", obj(fields)), mask=["status"])
    many = "/apis/keywords.example.com/v1/namespaces/{ns}/words"
    yield get(many, retry=200)
    head = {"apiVersion": "keywords.example.com/v1", "kind": "Word", "metadata": {"name": "w"}}
    for name, (_, values) in KEYWORDS.items():
        for value in values:
            yield post(many, {**head, "spec": {name: value}}, "dryRun=All")
    yield post(
        many,
        {**head, "spec": {"str": "x", "unknown": {"a": 1}}, "more": 1, "metadata": {"name": "w", "nope": 1}},
        "dryRun=All&fieldValidation=Strict",
    )
    yield post(many, {**head, "spec": {"set": ["a", "a"], "minmax": 9}}, "dryRun=All")
    yield post(many, {**head, "spec": {"def": {"b": {}}, "keyed": [{"name": "a"}]}})
    yield get(f"{many}/w")
    for name, (_, values) in KEYWORDS.items():
        for value in values[:3]:
            yield patch(f"{many}/w", MERGE, {"spec": {name: value}}, "dryRun=All")
            yield patch(f"{many}/w", APPLY, {**head, "spec": {name: value}}, "dryRun=All&fieldManager=x&force=true")
    for spec in (None, [], "x", 1, {}):
        yield post(many, {**head, "spec": spec}, "dryRun=All")
        yield patch(f"{many}/w", MERGE, {"spec": spec}, "dryRun=All")
    for metadata in (
        {}, {"name": "A_B"}, {"name": "x" * 254}, {"name": "w", "labels": {"a": 1}}, {"name": "w", "labels": {"a b": "c"}}, {"name": "w", "annotations": []}, {"name": 5}, {"name": "w", "finalizers": ["x"]}, {"name": "w", "finalizers": ["a/b"]},
        {"name": "w2", "resourceVersion": "1"}, {"name": "w2", "creationTimestamp": "x"}, {"name": "w2", "generation": 5}, {"generateName": "W-"}, {"name": "w2", "ownerReferences": [{}]}, {"name": "w2", "namespace": "other"}, None, "x",
    ):  # fmt: skip
        yield post(
            many, {**head, "metadata": metadata}, "dryRun=All", mask=["message", "details"] if metadata == {"generateName": "W-"} else []
        )
        yield {"method": "PUT", "path": f"{many}/w", "query": "dryRun=All", "body": {**head, "metadata": metadata}}
    for text in (
        '{"spec":{"str":"a","str":"b"},"metadata":{"name":"w9"}}',
        '{"metadata":{"name":"w9"},"spec":{"str":"x"}',
        "null",
        "[]",
        "",
        '{"kind":"Word","apiVersion":"keywords.example.com/v2","metadata":{"name":"w9"}}',
        '{"kind":"Other","apiVersion":"keywords.example.com/v1","metadata":{"name":"w9"}}',
    ):
        for mode in ("Warn", "Strict"):
            yield post(many, text, f"dryRun=All&fieldValidation={mode}")


CEL: dict[str, tuple[Schema, str, tuple[Any, ...]]] = {
    "size": ({"type": "string", "maxLength": 50}, "self.size() > 1 && self.startsWith('a')", ("ab", "b", "a")),
    "fmt": ({"type": "string", "maxLength": 50}, "self.matches('^[a-z]+-[0-9]+$')", ("a-1", "a")),
    "split": ({"type": "string", "maxLength": 50}, "self.split(',').all(x, x.trim().size() > 0)", ("a,b", "a,,b")),
    "lower": ({"type": "string", "maxLength": 50}, "self.lowerAscii() == self && self.indexOf('x') == -1 && self.replace('a', 'b').contains('b')", ("ab", "Ab", "x")),
    "sub": ({"type": "string", "maxLength": 50}, "self.substring(0, 1) in ['a', 'b'] && self.charAt(0) != 'b'", ("ax", "bx", "cx", "")),
    "find": ({"type": "string", "maxLength": 50}, "self.find('[0-9]+') == '12' && self.findAll('[0-9]').size() == 2", ("a12", "a1")),
    "quant": ({"type": "string", "maxLength": 20}, "isQuantity(self) && quantity(self).isGreaterThan(quantity('1Gi')) && quantity(self).compareTo(quantity('5Gi')) <= 0", ("2Gi", "1Mi", "x", "6Gi")),
    "ip": ({"type": "string", "maxLength": 50}, "isIP(self) && ip(self).family() == 4 && !ip(self).isLoopback()", ("1.2.3.4", "::1", "127.0.0.1", "x")),
    "cidr": ({"type": "string", "maxLength": 50}, "isCIDR(self) && cidr(self).containsIP('10.1.2.3') && cidr(self).prefixLength() <= 16", ("10.0.0.0/8", "10.1.2.0/24", "11.0.0.0/8", "x")),
    "url": ({"type": "string", "maxLength": 50}, "isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != ''", ("https://a.example/x", "http://a.example", "x")),
    "sem": ({"type": "string", "maxLength": 50}, "isSemver(self) && semver(self).major() >= 1 && semver(self).isGreaterThan(semver('1.2.3'))", ("2.0.0", "1.0.0", "x")),
    "dur": ({"type": "string", "format": "duration"}, "self > duration('1m') && self.getSeconds() < 7200", ("5m", "10s", "3h")),
    "time": ({"type": "string", "format": "date-time"}, "self > timestamp('2020-01-01T00:00:00Z') && self.getFullYear() < 2030", ("2021-01-01T00:00:00Z", "2019-01-01T00:00:00Z", "2031-01-01T00:00:00Z")),
    "list": ({"type": "array", "maxItems": 10, "items": {"type": "integer"}}, "self.sum() < 10 && self.isSorted() && self.max() < 8 && self.min() > 0 && self.indexOf(3) != 0", ([1, 2], [2, 1], [3], [9], [0, 1])),
    "strs": ({"type": "array", "maxItems": 10, "items": {"type": "string", "maxLength": 10}}, "self.exists(x, x == 'a') && self.join(',') != 'a,b'", (["a"], ["b"], ["a", "b"])),
    "map": ({"type": "object", "maxProperties": 5, "additionalProperties": {"type": "string", "maxLength": 10}}, "self.all(k, k.startsWith('x') && self[k] != '') && ('xa' in self)", ({"xa": "1"}, {"b": "1"}, {"xb": "1"})),
    "has": ({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}, "has(self.a) != has(self.b)", ({}, {"a": 1}, {"a": 1, "b": 2})),
    "opt": ({"type": "object", "properties": {"a": {"type": "integer"}}}, "self.?a.orValue(5) > 3 && self.?a.hasValue()", ({}, {"a": 1}, {"a": 4})),
    "tern": ({"type": "integer"}, "self > 5 ? self % 2 == 0 : self * 2 < 8 && -self < 0", (1, 4, 6, 7)),
    "dbl": ({"type": "number"}, "self > 1.5 && int(self) < 10 && string(self) != '3'", (2, 1, 3, 10.5)),
    "ios": ({"x-kubernetes-int-or-string": True}, "type(self) == int ? self > 1 : self == '50%'", (2, 1, "50%", "x")),
    "uniq": ({"type": "array", "maxItems": 5, "items": obj({"n": {"type": "string", "maxLength": 5}, "v": INTEGER})}, "self.all(x, self.exists_one(y, y.n == x.n)) && self.map(x, x.v).all(v, v > 0)", ([{"n": "a", "v": 1}], [{"n": "a", "v": 1}, {"n": "a", "v": 2}], [{"n": "a", "v": 0}], [{"v": 1}])),
    "esc": (obj({"__x": INTEGER, "a-b": INTEGER, "in": INTEGER}), "self.__underscores__x > 0 && self.a__dash__b > 0 && self.__in__ > 0", ({"__x": 1, "a-b": 1, "in": 1}, {"__x": 1, "a-b": 0, "in": 1}, {"__x": 1})),
    "two": ({"type": "array", "maxItems": 5, "items": {"type": "string", "maxLength": 9}}, "self.all(i, x, i < 3 && x != 'b')", (["a"], ["b"], ["a", "a", "a", "a"])),
    "named": ({"type": "string", "maxLength": 99}, "!format.dns1123Label().validate(self).hasValue()", ("a", "A", "a.b")),
    "setl": ({"type": "array", "maxItems": 5, "x-kubernetes-list-type": "set", "items": {"type": "string", "maxLength": 9}}, "sets.contains(self, ['a']) && !sets.intersects(self, ['z'])", (["a"], ["b"], ["a", "z"])),
}  # fmt: skip


def expressions() -> Iterator[Step]:
    """Rules in CEL over every library, with values that fit and that do not."""
    fields = {name: {**schema, "x-kubernetes-validations": rule(text)} for name, (schema, text, _) in CEL.items()}
    yield post(CRDS, definition("Cell", "cells.example.com", obj(fields)), mask=["status"])
    many = "/apis/cells.example.com/v1/namespaces/{ns}/cells"
    yield get(many, retry=200)
    head = {"apiVersion": "cells.example.com/v1", "kind": "Cell", "metadata": {"name": "c"}}
    for name, (_, _, values) in CEL.items():
        for value in values:
            yield post(many, {**head, "spec": {name: value}}, "dryRun=All")


def transitions() -> Iterator[Step]:
    """Rules that compare with the old object, with messages, reasons and paths; and what may stay wrong."""
    validations = [
        {"rule": "self.n >= oldSelf.n", "message": "n must not shrink"},
        {"rule": "!has(oldSelf.locked) || !oldSelf.locked || self == oldSelf", "message": "is locked", "reason": "FieldValueForbidden"},
        {
            "rule": "self.n < 100",
            "messageExpression": "'n is too ' + 'large' + ', too many'",
            "reason": "FieldValueRequired",
            "fieldPath": ".n",
        },
        {"rule": "self.n != 50", "messageExpression": "self.list[7]", "message": "no fifty"},
        {
            "rule": "oldSelf.hasValue() ? oldSelf.value().n != 13 : self.n != 12",
            "optionalOldSelf": True,
            "message": "unlucky",
            "reason": "FieldValueDuplicate",
        },
        {"rule": "self.list.all(x, x in oldSelf.list) || self.list.size() > oldSelf.list.size()", "fieldPath": ".list"},
    ]
    item = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": STRING,
            "v": {"type": "integer", "x-kubernetes-validations": rule("self >= oldSelf", message="v must grow")},
        },
    }
    spec = {
        **obj({
            "n": {"type": "integer"}, "locked": {"type": "boolean"}, "list": {"type": "array", "maxItems": 5, "items": {"type": "string", "maxLength": 5}},
            "fixed": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("self == oldSelf", message="is immutable")},
            "keyed": {"type": "array", "maxItems": 5, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": item},
            "old": {"type": "string", "maxLength": 3}, "deep": obj({"a": {"type": "integer", "minimum": 5}, "b": {"type": "integer", "minimum": 5}}),
        }),
        "required": ["n", "list"], "x-kubernetes-validations": validations,
    }  # fmt: skip
    crd = definition(
        "Step",
        "steps.example.com",
        spec,
        subresources={"status": {}},
        status=obj({"m": {"type": "integer", "x-kubernetes-validations": rule("self >= oldSelf")}}),
    )
    yield post(CRDS, crd, mask=["status"])
    many = "/apis/steps.example.com/v1/namespaces/{ns}/steps"
    yield get(many, retry=200)
    head = {"apiVersion": "steps.example.com/v1", "kind": "Step", "metadata": {"name": "s"}}
    for spec_value in (
        {},
        {"n": 1},
        {"n": 100, "list": []},
        {"n": 50, "list": []},
        {"n": 12, "list": []},
        {"n": 200, "list": ["x" * 9]},
        {"n": 13, "list": ["a"], "fixed": "x", "keyed": [{"name": "a", "v": 1}], "deep": {"a": 5, "b": 6}},
    ):
        yield post(many, {**head, "spec": spec_value}, "dryRun=All")
    yield post(
        many,
        {
            **head,
            "spec": {"n": 5, "list": ["a", "b"], "fixed": "x", "keyed": [{"name": "a", "v": 1}], "old": "abc", "deep": {"a": 5, "b": 6}},
        },
    )
    one = f"{many}/s"
    changes: tuple[Any, ...] = (
        {"n": 4},
        {"n": 6},
        {"n": 50},
        {"n": 100},
        {"list": ["c"]},
        {"list": ["a"]},
        {"fixed": "y"},
        {"fixed": None},
        {"keyed": [{"name": "a", "v": 0}]},
        {"keyed": [{"name": "b", "v": 0}]},
        {"keyed": [{"name": "z", "v": 9}, {"name": "a", "v": 0}]},
        {"n": 4, "fixed": "y"},
        {"deep": {"a": 1}},
        {"locked": True},
    )
    for change in changes:
        yield patch(one, MERGE, {"spec": change}, "dryRun=All")
        yield patch(
            one,
            APPLY,
            {**head, "spec": {"n": 5, "list": ["a", "b"], **{k: v for k, v in change.items() if v is not None}}},
            "dryRun=All&fieldManager=x&force=true",
        )
    yield patch(one, MERGE, {"spec": {"locked": True}})
    yield patch(one, MERGE, {"spec": {"n": 7}})
    yield patch(one, MERGE, {"metadata": {"labels": {"a": "b"}}})
    for value in (1, 5, 3):
        yield patch(f"{one}/status", MERGE, {"status": {"m": value}}, "fieldManager=st")
        yield patch(f"{one}/status", MERGE, {"status": {"m": "x"}})
        yield patch(f"{one}/status", MERGE, {"spec": {"n": 1}, "metadata": {"labels": {"z": "z"}}})
    tighter = {
        **crd["spec"]["versions"][0],
        "schema": {
            "openAPIV3Schema": obj(
                {
                    "spec": {
                        **obj(
                            {
                                **spec["properties"],
                                "old": {"type": "string", "maxLength": 2},
                                "new": {"type": "string", "maxLength": 9},
                                "deep": obj({"a": {"type": "integer", "minimum": 9}, "b": {"type": "integer", "minimum": 9}}),
                            }
                        ),
                        "required": ["n", "list", "new"],
                    },
                    "status": obj({"m": INTEGER}),
                }
            )
        },
    }
    yield patch(f"{CRDS}/steps.steps.example.com", MERGE, {"spec": {"versions": [tighter]}}) | {"mask": ["status", "metadata"]}
    yield patch(one, MERGE, {"spec": {"old": "xyz"}}, "dryRun=All") | {"retry": 422}
    for change in (
        {"n": 9},
        {"old": "xyz"},
        {"old": "ab"},
        {"new": "x"},
        {"deep": {"a": 6}},
        {"new": "x", "deep": {"a": 6}},
        {"new": "x", "n": 10},
    ):
        yield patch(one, MERGE, {"spec": change}, "dryRun=All")
    yield patch(one, MERGE, {"metadata": {"labels": {"a": "c"}}})


WRONG: dict[str, Any] = {
    "no type": {"properties": {"a": {}}},
    "type": {"type": "text"},
    "root array": None,
    "items": {"type": "array"},
    "items list": {"type": "array", "items": [{"type": "string"}]},
    "both": {"type": "object", "properties": {"a": STRING}, "additionalProperties": STRING},
    "false": {"type": "object", "additionalProperties": False},
    "preserve": {"type": "object", "x-kubernetes-preserve-unknown-fields": False},
    "ref": {"$ref": "#/definitions/x"},
    "unique": {"type": "array", "uniqueItems": True, "items": STRING},
    "pattern": {"type": "string", "pattern": "["},
    "lookahead": {"type": "string", "pattern": "(?!x)"},
    "default type": {"type": "string", "default": 5},
    "default range": {"type": "integer", "minimum": 5, "default": 1},
    "default enum": {"type": "string", "enum": ["a"], "default": "b"},
    "default inside": {"type": "object", "properties": {"a": INTEGER}, "default": {"a": "x"}},
    "default unknown": {"type": "object", "properties": {"a": INTEGER}, "default": {"b": 1}},
    "default required": {"type": "object", "required": ["a"], "properties": {"a": INTEGER}, "default": {}},
    "default null": {"type": "string", "default": None},
    "default pattern": {"type": "string", "pattern": "^a$", "default": "b"},
    "default items": {"type": "array", "items": INTEGER, "default": ["x"]},
    "default rule": {"type": "integer", "default": 1, "x-kubernetes-validations": rule("self > 5")},
    "min": {"type": "integer", "minimum": "x"},
    "enum": {"type": "string", "enum": "x"},
    "required": {"type": "object", "required": ["zz"], "properties": {"a": STRING}},
    "list type": {"type": "object", "x-kubernetes-list-type": "set"},
    "list kind": {"type": "array", "items": STRING, "x-kubernetes-list-type": "bag"},
    "no keys": {"type": "array", "items": obj({"a": STRING}), "x-kubernetes-list-type": "map"},
    "bad key": {"type": "array", "items": obj({"a": STRING}), "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["b"]},
    "open key": {"type": "array", "items": obj({"a": STRING}), "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"]},
    "key twice": {"type": "array", "items": {**obj({"a": STRING}), "required": ["a"]}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a", "a"]},
    "object key": {"type": "array", "items": {**obj({"a": obj({})}), "required": ["a"]}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"]},
    "scalar map": {"type": "array", "items": STRING, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"]},
    "set of objects": {"type": "array", "items": obj({"a": STRING}), "x-kubernetes-list-type": "set"},
    "set of lists": {"type": "array", "items": {"type": "array", "items": STRING}, "x-kubernetes-list-type": "set"},
    "map type": {"type": "object", "properties": {"a": STRING}, "x-kubernetes-map-type": "loose"},
    "map type of string": {"type": "string", "x-kubernetes-map-type": "atomic"},
    "embedded": {"type": "object", "x-kubernetes-embedded-resource": True},
    "embedded string": {"type": "string", "x-kubernetes-embedded-resource": True},
    "int or string": {"type": "integer", "x-kubernetes-int-or-string": True},
    "int or string any": {"x-kubernetes-int-or-string": True, "x-kubernetes-preserve-unknown-fields": True},
    "anyOf type": {"type": "object", "anyOf": [{"type": "object", "properties": {"a": STRING}}]},
    "anyOf default": {"type": "object", "properties": {"a": STRING}, "allOf": [{"properties": {"a": {"default": "x", "nullable": True, "description": "x"}}}]},
    "anyOf other": {"type": "object", "anyOf": [{"properties": {"zz": {"minLength": 1}}}]},
    "not": {"type": "string", "not": {"type": "string"}},
    "nullable": {"type": "array", "nullable": True, "items": STRING, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"]},
    "negative": {"type": "string", "maxLength": -1, "minLength": -2},
    "multiple": {"type": "integer", "multipleOf": 0},
    "format": {"type": "string", "format": "nope"},
    "discriminator": {"type": "object", "definitions": {"a": STRING}, "dependencies": {"a": ["b"]}, "patternProperties": {"a": STRING}, "id": "x", "$schema": "x", "additionalItems": STRING},
    "empty rule": {"type": "string", "x-kubernetes-validations": rule(" ")},
    "syntax": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("self ==")},
    "undeclared": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("other == 'x'")},
    "no bool": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("self + 'x'")},
    "mixed": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("self > 5")},
    "field": {**obj({"a": STRING}), "x-kubernetes-validations": rule("self.b == 'x'")},
    "function": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("self.nope()")},
    "message": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("true", message=" ")},
    "message lines": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("true", message="a\nb")},
    "long message": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("true", message="x" * 2049)},
    "rule lines": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("self == 'a'\n|| self == 'b'")},
    "message number": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("true", messageExpression="5")},
    "message syntax": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("true", messageExpression="'")},
    "reason": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("true", reason="Because")},
    "path": {**obj({"a": STRING}), "x-kubernetes-validations": rule("true", fieldPath=".b")},
    "path form": {**obj({"a": STRING}), "x-kubernetes-validations": rule("true", fieldPath="a")},
    "old in list": {"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("self == oldSelf")}},
    "optional old": {"type": "string", "maxLength": 9, "x-kubernetes-validations": rule("self != ''", optionalOldSelf=True)},
    "cost": {"type": "array", "items": {"type": "array", "items": STRING}, "x-kubernetes-validations": rule("self.all(x, x.all(y, y.contains('z')))")},
    "much cost": {"type": "array", "items": STRING, "x-kubernetes-validations": rule("self.all(x, self.all(y, x == y || x.matches('a+') ))")},
}  # fmt: skip


def refusals() -> Iterator[Step]:
    """Definitions that are refused, or nearly."""
    for number, (name, schema) in enumerate(WRONG.items()):
        crd = definition("Wrong", f"w{number}.example.com", obj({"x": schema} if schema is not None else {}))
        if name == "root array":
            crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = {"type": "array", "items": STRING}
        yield post(CRDS, crd, "dryRun=All", mask=["status", "metadata"])
    good = definition("Good", "good.example.com", obj({}))
    version = good["spec"]["versions"][0]

    def changed(**spec: Any) -> Schema:
        return {**good, "spec": {**good["spec"], **spec}}

    names = good["spec"]["names"]
    bad: tuple[Schema, ...] = (
        {**good, "metadata": {"name": "other"}}, {**good, "metadata": {"name": "Goods.good.example.com"}}, {**good, "spec": {}}, changed(group=""), changed(group="nodot"), changed(group="Bad_.x"), changed(scope=""), changed(scope="Global"), changed(names={}), changed(names={**names, "kind": "bad kind"}),
        changed(names={**names, "plural": "Goods"}), changed(names={**names, "listKind": "Good"}), changed(names={**names, "shortNames": ["A", "b c"]}), changed(names={**names, "categories": ["A"]}), changed(names={"plural": "goods", "kind": "Good"}), changed(versions=[]), changed(versions=[{**version, "name": "Bad"}]),
        changed(versions=[{**version, "storage": False}]), changed(versions=[version, version]), changed(versions=[version, {**version, "name": "v2"}]), changed(versions=[{**version, "served": False}]), changed(versions=[{**version, "schema": None}]), changed(versions=[{**version, "schema": {}}]), changed(versions=[{**version, "deprecationWarning": "x"}]), changed(versions=[{**version, "deprecated": True, "deprecationWarning": ""}]),
        changed(versions=[{**version, "subresources": {"scale": {}}}]), changed(versions=[{**version, "subresources": {"scale": {"specReplicasPath": "spec.a", "statusReplicasPath": ".x.b"}}}]), changed(versions=[{**version, "subresources": {"scale": {"specReplicasPath": ".spec.a", "statusReplicasPath": ".status.b", "labelSelectorPath": ".metadata.x"}}}]),
        changed(versions=[{**version, "additionalPrinterColumns": [{}]}]), changed(versions=[{**version, "additionalPrinterColumns": [{"name": "A", "type": "text", "jsonPath": "spec.a"}]}]), changed(versions=[{**version, "additionalPrinterColumns": [{"name": "A", "type": "string", "format": "nope", "jsonPath": ".spec["}]}]),
        changed(versions=[{**version, "selectableFields": [{"jsonPath": ".spec.nope"}]}]), changed(versions=[{**version, "selectableFields": [{"jsonPath": "spec"}, {}]}]), changed(versions=[{**version, "selectableFields": [{"jsonPath": ".metadata.name"}]}]), changed(preserveUnknownFields=True), changed(conversion={"strategy": "Nope"}), changed(conversion={"strategy": "Webhook"}), changed(conversion={"strategy": "None", "webhook": {"conversionReviewVersions": ["v1"]}}),
        changed(conversion={"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v3"], "clientConfig": {"url": "http://x"}}}), changed(conversion={"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {"service": {"name": "s", "namespace": "n", "path": "x", "port": 0}}}}),
        changed(unknown=1), {**good, "metadata": {"name": "goods.good.example.com", "labels": {"a b": "c"}}}, changed(group="x.k8s.io"), {**good, "metadata": {"name": "goods.x.k8s.io"}, "spec": {**good["spec"], "group": "x.k8s.io"}},
        {**good, "metadata": {"name": "goods.x.k8s.io", "annotations": {"api-approved.kubernetes.io": "https://github.com/kubernetes/kubernetes/pull/1"}}, "spec": {**good["spec"], "group": "x.k8s.io"}},
    )  # fmt: skip
    for body in bad:
        yield post(CRDS, body, "dryRun=All", mask=["status", "metadata"])


def established() -> Iterator[Step]:
    """Definitions with objects: several versions, changes, selectable fields, columns, scale, deleting."""
    spec = obj({"size": {"type": "integer", "default": 1}, "color": STRING, "on": {"type": "boolean"}})
    status = obj({"replicas": INTEGER, "selector": STRING, "phase": STRING})
    scale = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.replicas", "labelSelectorPath": ".status.selector"}
    columns = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "On", "type": "boolean", "jsonPath": ".spec.on", "priority": 1},
        {"name": "Since", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        {"name": "Phase", "type": "string", "jsonPath": ".status.phase"},
        {"name": "Ann", "type": "string", "jsonPath": ".metadata.annotations['a\\.b/c']"},
    ]
    crd = definition(
        "Lamp",
        "lamps.example.com",
        spec,
        status=status,
        subresources={"status": {}, "scale": scale},
        additionalPrinterColumns=columns,
        selectableFields=[{"jsonPath": ".spec.color"}, {"jsonPath": ".spec.size"}, {"jsonPath": ".spec.on"}],
    )
    yield post(CRDS, crd, mask=["status"])
    many = "/apis/lamps.example.com/v1/namespaces/{ns}/lamps"
    yield get(many, retry=200)
    head = {"apiVersion": "lamps.example.com/v1", "kind": "Lamp"}
    for name, value in (("a", {"color": "red", "on": True}), ("b", {"color": "blue", "size": 5}), ("c", {})):
        yield post(
            many,
            {**head, "metadata": {"name": name, "annotations": {"a.b/c": name}}, "spec": value, "status": {"phase": "lost"}},
            "fieldManager=c",
        )
    for selector in (
        "spec.color=red",
        "spec.color!=red",
        "spec.size=1",
        "spec.on=true",
        "spec.on=false",
        "spec.color=",
        "status.phase=x",
        "metadata.name=a",
        "spec.color=red,spec.size=1",
        "metadata.namespace={ns}",
    ):
        yield get(many, f"fieldSelector={selector}")
        yield delete(many, query=f"fieldSelector={selector}&dryRun=All")
    yield get(many, accept=TABLE)
    yield get(f"{many}/a", accept=TABLE)
    for count, other in ((3, 4), (-1, -2), ("x", "y"), (0, 2), (2**33, 2**34)):
        yield patch(f"{many}/a/scale", MERGE, {"spec": {"replicas": count}}, "fieldManager=k")
        yield {
            "method": "PUT",
            "path": f"{many}/a/scale",
            "query": "fieldManager=p",
            "body": {"metadata": {"name": "a", "namespace": "rec-established"}, "spec": {"replicas": other}},
        }
        yield get(f"{many}/a")
    yield patch(
        f"{many}/a/scale",
        APPLY,
        {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "a"}, "spec": {"replicas": 4}},
        "fieldManager=ap&force=true",
    )
    yield patch(f"{many}/c", JSON_PATCH, [{"op": "remove", "path": "/spec/size"}])
    yield get(f"{many}/c/scale")
    yield patch(f"{many}/a/status", MERGE, {"status": {"replicas": 2, "selector": "app=x", "phase": "lit"}}, "fieldManager=s")
    yield get(f"{many}/a/scale")
    yield get(f"{many}/absent/scale")
    yield patch(f"{many}/absent/scale", MERGE, {})
    yield get(f"{many}/a/nope")
    yield post(f"{many}/a/status", {})
    yield delete(f"{many}/a/status")
    yield patch(f"{many}/a/status", APPLY, {**head, "metadata": {"name": "a"}, "status": {"phase": "out"}}, "fieldManager=ap&force=true")
    yield {
        "method": "PUT",
        "path": f"{many}/a/status",
        "body": {**head, "metadata": {"name": "a", "labels": {"x": "y"}}, "spec": {"color": "no"}, "status": {"phase": "put"}},
    }
    yield {"method": "PUT", "path": f"{many}/new", "body": {**head, "metadata": {"name": "new"}, "spec": {}}}
    yield {"method": "PUT", "path": f"{many}/b", "body": {**head, "metadata": {"name": "b"}, "spec": {}}}
    one = f"{CRDS}/lamps.lamps.example.com"
    for change in (
        {"group": "other.example.com"}, {"names": {"plural": "lights"}}, {"versions": []}, {"versions": [{**crd["spec"]["versions"][0], "name": "v2"}]},
        {"conversion": {"strategy": "Webhook"}}, {"preserveUnknownFields": True},
    ):  # fmt: skip
        yield patch(one, MERGE, {"spec": change}, "dryRun=All") | {"mask": ["status"]}
    yield post(CRDS, crd)
    yield post(
        CRDS,
        {**crd, "metadata": {"name": "lamps.others.example.com"}, "spec": {**crd["spec"], "group": "others.example.com"}},
        "dryRun=All",
        mask=["status"],
    )


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """All sequences by name."""
    for function in (keywords, expressions, transitions, refusals, established):
        yield function.__name__, list(function())
