"""A pod template as go-spew's `%#v` prints the Go struct, absent fields included: what the real hash of a template is taken of.

Quantities and dates appear with their private parts, as they are after the object has come over the wire.
Source: github.com/davecgh/go-spew spew/format.go, k8s.io/utils/dump (ForHash), k8s.io/apimachinery pkg/api/resource (ParseQuantity)
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from pytest_helmsim.apiserver.controllers import podtypes
from pytest_helmsim.objects import quantity
from pytest_helmsim.objects.json import Json, JsonObject

_ZERO_TIME = "{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}"
_QUANTITY = re.compile(r"^([+-]?)([0-9]*)(?:\.([0-9]*))?([A-Za-z]*|[eE][+-]?[0-9]+)$")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_LARGEST = 2**63 - 1


class _Field(NamedTuple):
    heading: str
    """Go's name and type: `Name:(string)`."""
    json: str
    type: str


@cache
def _structs() -> dict[str, tuple[_Field, ...]]:
    structs: dict[str, tuple[_Field, ...]] = {}
    for line in podtypes.TABLE.replace("\n  ", " ").strip().splitlines():
        name, *fields = line.split()
        found = []
        for field in fields:
            go, json, type_ = field.split(":", 2)
            found.append(_Field(f"{go}:({type_name(type_)})", json or go[0].lower() + go[1:], type_))
        structs[name] = tuple(found)
    return structs


def pod_template(template: JsonObject) -> str:
    """The text of a PodTemplateSpec."""
    return "(v1.PodTemplateSpec)" + _struct("v1.PodTemplateSpec", template)


def value(type_: str, given: Json) -> str:
    """A value without its type in front; an absent one is what Go has for it."""
    if type_.startswith("*"):
        return "<nil>" if given is None else value(type_[1:], given)
    if type_.startswith("[]"):
        return f"[{' '.join(value(type_[2:], item) for item in given)}]" if given else "<nil>"
    if type_.startswith("map["):
        inner = type_.partition("|")[2]
        return f"map[{' '.join(f'{key}:{value(inner, given[key])}' for key in sorted(given))}]" if given else "<nil>"
    if type_.startswith("{"):
        return _struct(type_[1:], given)
    if type_ == "bytes":
        return "<nil>" if not given else str(given)
    kind = type_.rpartition("=")[2] or type_
    if kind == "bool":
        return "true" if given else "false"
    if kind == "string":
        return given or ""
    return str(int(given or 0))


@cache
def _absent(type_: str) -> str:
    return value(type_, None)


def _struct(name: str, given: Json) -> str:
    if name == "resource.Quantity":
        return _quantity("" if given is None else str(given))
    if name == "intstr.IntOrString":
        text = isinstance(given, str)
        return f"{{Type:(intstr.Type){int(text)} IntVal:(int32){0 if text else int(given or 0)} StrVal:(string){given if text else ''}}}"
    if name == "v1.Time":
        return _ZERO_TIME
    parts = []
    known = given or {}
    for heading, key, type_ in _structs()[name]:
        inner = given if key == "+" else known.get(key)
        parts.append(heading + (_absent(type_) if inner is None else value(type_, inner)))
    return f"{{{' '.join(parts)}}}"


def type_name(type_: str) -> str:
    """As Go writes the type: `[]v1.Volume`, `map[string]string`, `v1.Protocol`."""
    for mark in ("*", "[]"):
        if type_.startswith(mark):
            return mark + type_name(type_[len(mark) :])
    if type_.startswith("map["):
        key, _, inner = type_[4:].partition("|")
        return _NAMED_MAPS.get(type_) or f"map[{key}]{type_name(inner)}"
    return type_.removeprefix("{").partition("=")[0]


_NAMED_MAPS = {"map[v1.ResourceName|{resource.Quantity": "v1.ResourceList"}


def _quantity(text: str) -> str:
    """int64Amount when it fits, the written form kept only when it is canonical beyond doubt."""
    if text in ("", "0"):
        return _shown(0, 0, text, "DecimalSI" if text else "")
    match = _QUANTITY.match(text)
    if match is None:
        raise quantity.QuantityError(text)
    sign, whole, fraction, suffix = match[1], match[2].lstrip("0") or "0", (match[3] or ""), match[4]
    digits = whole + fraction
    factor = -1 if sign == "-" else 1
    if suffix in _BINARY:
        shift = _BINARY[suffix]
        number = factor * int(digits) << shift
        exact = not fraction and 15 - len(whole) - int(shift * 3 / 10) - 1 >= 0 and abs(number) <= _LARGEST
        if exact:
            return _shown(number, 0, text if int(digits) & 7 else "", "BinarySI")
        return _big(text, "BinarySI")
    exponential = suffix[:1] in ("e", "E") and len(suffix) > 1
    scale = int(suffix[1:]) if exponential else _DECIMAL[suffix]
    form = "DecimalExponent" if exponential else "DecimalSI"
    scale -= len(fraction)
    if 18 - len(digits) < 0 or scale < -9:
        return _big(text, form)
    canonical = scale % 3 == 0 and not digits.endswith("000") and digits[0] != "0"
    return _shown(factor * int(digits), scale, text if canonical else "", form)


def _shown(number: int, scale: int, text: str, form: str) -> str:
    return (
        f"{{i:(resource.int64Amount){{value:(int64){number} scale:(resource.Scale){scale}}} "
        f"d:(resource.infDecAmount){{Dec:(*inf.Dec)<nil>}} s:(string){text} Format:(resource.Format){form}}}"
    )


def _big(text: str, form: str) -> str:
    """A number that Go keeps as a big decimal; its inner words are not modelled, the text stands for them."""
    amount = "{value:(int64)0 scale:(resource.Scale)0}"
    return (
        f"{{i:(resource.int64Amount){amount} d:(resource.infDecAmount){{Dec:(*inf.Dec){text}}} s:(string) Format:(resource.Format){form}}}"
    )
