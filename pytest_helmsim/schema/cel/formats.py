"""Named forms that a text can be checked against: `format.dns1123Label().validate(text)`, `format.named("dns1123Label")`.

Source: k8s.io/apiserver pkg/cel/library/format.go.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from pytest_helmsim.objects import names
from pytest_helmsim.schema.cel import addresses, types
from pytest_helmsim.schema.cel.types import Type
from pytest_helmsim.schema.cel.values import CelError, timestamp


class NamedFormat:
    """A form that a text can be checked against."""

    __slots__ = ("check", "name", "size")
    cel_type: Type = types.FORMAT

    def __init__(self, name: str, check: Callable[[str], tuple[str, ...]], size: int) -> None:
        self.name = name
        self.check = check
        self.size = size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamedFormat) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


def _decodes(text: str) -> tuple[str, ...]:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ("invalid base64",)
    return ()


def _matching(wanted: str, why: str) -> Callable[[str], tuple[str, ...]]:
    return lambda text: () if re.fullmatch(wanted, text) else (why,)


def _date_time(text: str) -> tuple[str, ...]:
    try:
        timestamp(text)
    except CelError:
        return ("invalid datetime",)
    return ()


def _uri(text: str) -> tuple[str, ...]:
    try:
        addresses.url(text)
    except CelError as error:
        return (str(error).removeprefix("URL parse error during conversion from string: "),)
    return ()


def _prefix(check: Callable[[str], tuple[str, ...]]) -> Callable[[str], tuple[str, ...]]:
    return lambda text: check(f"{text[:-1]}a" if text.endswith("-") else text)


_UUID = r"(?i)[0-9A-F]{8}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{12}"
_DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
FORMATS: dict[str, NamedFormat] = {
    name: NamedFormat(shown, check, size)
    for name, shown, check, size in (
        ("dns1123Label", "DNS1123Label", names.dns_label, 30),
        ("dns1123Subdomain", "DNS1123Subdomain", names.dns_subdomain, 60),
        ("dns1035Label", "DNS1035Label", names.dns_1035_label, 30),
        ("qualifiedName", "QualifiedName", names.label_key, 60),
        ("dns1123LabelPrefix", "DNS1123LabelPrefix", _prefix(names.dns_label), 30),
        ("dns1123SubdomainPrefix", "DNS1123SubdomainPrefix", _prefix(names.dns_subdomain), 60),
        ("dns1035LabelPrefix", "DNS1035LabelPrefix", _prefix(names.dns_1035_label), 30),
        ("labelValue", "LabelValue", names.label_value, 40),
        ("uri", "URI", _uri, 1000),
        ("uuid", "uuid", _matching(_UUID, "does not match the UUID format"), 80),
        ("byte", "byte", _decodes, 80),
        ("date", "date", _matching(_DATE, "invalid date"), 100),
        ("datetime", "datetime", _date_time, 100),
    )
}
