"""Formats of strings in the schema of a CustomResourceDefinition: which ones count, and what fits them.

A format that the server does not know is no restriction. Sources: k8s.io/kube-openapi pkg/validation/strfmt,
k8s.io/apiextensions-apiserver pkg/apiserver/validation/formats.go.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from datetime import date

from pytest_helmsim.objects import durations

_CREDIT_CARD = (
    r"(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|(222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}|"
    r"6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35[0-9]{3})[0-9]{11}|6[27][0-9]{14})"
)
_BYTE_NUMBER = r"(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])"
_PATTERNS = {
    "uuid": r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}",
    "uuid3": r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}",
    "uuid4": r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}",
    "uuid5": r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}",
    "byte": r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})",
    "ssn": r"[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}",
    "hexcolor": r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})",
    "rgbcolor": rf"rgb\(\s*{_BYTE_NUMBER}\s*,\s*{_BYTE_NUMBER}\s*,\s*{_BYTE_NUMBER}\s*\)",
    "bsonobjectid": r"[0-9a-fA-F]{24}",
    "mac": r"([0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}([:-][0-9a-fA-F]{2}){0,14}|[0-9a-fA-F]{4}(\.[0-9a-fA-F]{4}){2,9})",
    "email": r"([^<>]*<)?[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+)*"
    r"@([A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+)*|\[[^\]]*\])>?",
    "k8sshortname": r"(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?",
    "k8slongname": r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
    "datetime": r"(?i)[0-9]{4}-[0-9]{2}-[0-9]{2}t([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))",
}
_UNITS = ("ns", "nano", "us", "µs", "micro", "ms", "milli", "s", "sec", "m", "min", "h", "hr", "hour", "d", "day", "w", "wk", "week")
_LONGEST = ("nano", "micro", "milli", "sec", "min", "hour", "day", "week")


def _matches(name: str) -> Callable[[str], bool]:
    compiled = re.compile(_PATTERNS[name])
    return lambda text: compiled.fullmatch(text) is not None


def _hostname(text: str) -> bool:
    """One label, or several of which the last has letters only; symbols and letters of any script count."""
    labels = text.split(".")
    if len(text) > 255 or any(len(label) > 63 for label in labels):
        return False
    if len(labels) == 1:
        return bool(text) and _known_letter(text[0]) and all(map(_known_letter, text[1:].removeprefix("-")))
    last = labels.pop()
    inner = all(label and all(map(_known_letter, (label[0], label[-1], *label.replace("-", "")))) for label in labels)
    return inner and len(last) >= 2 and all(unicodedata.category(letter)[0] == "L" for letter in last)


def _known_letter(letter: str) -> bool:
    return letter in "0123456789" or unicodedata.category(letter)[0] in "LS"


def _date(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return text.startswith("0000")
    return True


def _date_time(text: str) -> bool:
    found = re.fullmatch(_PATTERNS["datetime"], text)
    return found is not None and _date(text[:10]) and found[1] <= "23" and found[2] <= "59" and found[3] <= "59"


def _duration(text: str) -> bool:
    try:
        durations.parse(text)
    except durations.DurationError:
        words = [word.lower() for _, word in re.findall(r"([0-9]+)\s*([A-Za-zµ]+)", text)]
        return any(word in _UNITS or word.startswith(_LONGEST) for word in words)
    return True


def _address(text: str) -> bool:
    return _sloppy(text) is not None


def _sloppy(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address whose IPv4 parts may have leading zeros."""
    if "." in text and ":" not in text:
        text = ".".join(part.lstrip("0") or "0" if part.isdigit() and part.isascii() else part for part in text.split("."))
    try:
        return ipaddress.ip_address(text) if "%" not in text else None
    except ValueError:
        return None


def _cidr(text: str) -> bool:
    address, slash, bits = text.partition("/")
    found = _sloppy(address)
    return bool(slash) and found is not None and bits.isdigit() and bits.isascii() and int(bits) <= found.max_prefixlen


def _uri(text: str) -> bool:
    """As `net/url.ParseRequestURI`: a path, or a scheme and anything."""
    if any(letter < " " or letter == "\x7f" for letter in text) or re.search(r"%(?![0-9a-fA-F]{2})", text):
        return False
    if text.startswith("/"):
        return True
    found = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:(//([^/?#]*))?", text)
    if found is None:
        return False
    host = (found[2] or "").rpartition("@")[2]
    return " " not in host and re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*)(:[0-9]*)?", host) is not None


def _luhn(text: str) -> bool:
    digits = re.sub("[^0-9]+", "", text)
    if not re.fullmatch(_CREDIT_CARD, digits):
        return False
    total = sum(sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(reversed(digits)))
    return total % 10 == 0


def _isbn10(text: str) -> bool:
    plain = re.sub(r"[\s-]+", "", text)
    if not re.fullmatch(r"[0-9]{9}X|[0-9]{10}", plain):
        return False
    return sum((place + 1) * (10 if letter == "X" else int(letter)) for place, letter in enumerate(plain)) % 11 == 0


def _isbn13(text: str) -> bool:
    plain = re.sub(r"[\s-]+", "", text)
    return bool(re.fullmatch(r"[0-9]{13}", plain)) and sum((1 + 2 * (n % 2)) * int(d) for n, d in enumerate(plain)) % 10 == 0


FITS: dict[str, Callable[[str], bool]] = {
    **{name: _matches(name) for name in _PATTERNS if name != "datetime"},
    "cidr": _cidr,
    "creditcard": _luhn,
    "date": _date,
    "datetime": _date_time,
    "duration": _duration,
    "hostname": _hostname,
    "ipv4": lambda text: _address(text) and "." in text,
    "ipv6": lambda text: _address(text) and ":" in text,
    "isbn": lambda text: _isbn10(text) or _isbn13(text),
    "isbn10": _isbn10,
    "isbn13": _isbn13,
    "password": lambda text: True,
    "uri": _uri,
}
"""By name without dashes: whether a string fits."""


def effective(name: str, types: list[str]) -> str:
    """The format as far as the server looks at it for a value of these types; empty when it does not."""
    kind = types[0] if len(types) == 1 else ""
    if kind in ("", "string"):
        return name if name.replace("-", "") in FITS else ""
    return name if name in {"integer": ("int32", "int64"), "number": ("float", "double")}.get(kind, ()) else ""


def fits(name: str, text: str) -> bool:
    """Whether a string fits a format that `effective` has let pass."""
    check = FITS.get(name.replace("-", ""))
    return check is None or check(text)
