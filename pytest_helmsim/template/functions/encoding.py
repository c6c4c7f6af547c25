"""Base 64, base 32 and JSON as sprig has them; a decoding error is the result's text for b64dec and b32dec.

Source: github.com/Masterminds/sprig/v3 strings.go, defaults.go; Go src/encoding/{base64,base32,json}.
"""

from __future__ import annotations

import base64
import re

from pytest_helmsim.objects import gojson
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions.runes import to_bytes, to_text
from pytest_helmsim.template.limits import check_size
from pytest_helmsim.template.signatures import Table
from pytest_helmsim.template.values import Value

TABLE = Table()

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PLAIN_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_NEWLINES = b"\r\n"


class EncodingError(ValueError):
    """Text that is no base 64 or 32, in Go's words."""


@TABLE.function("b64enc", "string", result="string")
def b64enc(text: str) -> str:
    check_size(len(text) * 4 // 3)
    return base64.b64encode(to_bytes(text)).decode("ascii")


@TABLE.function("b64dec", "string", result="string")
def b64dec(text: str) -> str:
    try:
        return to_text(decode_base64(text))
    except EncodingError as error:
        return str(error)


@TABLE.function("b32enc", "string", result="string")
def b32enc(text: str) -> str:
    check_size(len(text) * 8 // 5)
    return base64.b32encode(to_bytes(text)).decode("ascii")


@TABLE.function("b32dec", "string", result="string")
def b32dec(text: str) -> str:
    try:
        return to_text(_decode_base32(text))
    except EncodingError as error:
        return str(error)


def decode_base64(text: str) -> bytes:
    """`base64.StdEncoding.DecodeString`: line ends are skipped anywhere; EncodingError names the first wrong byte."""
    if _PLAIN_BASE64.fullmatch(text):
        return base64.b64decode(text)
    data, out, at = to_bytes(text), bytearray(), 0
    while True:
        digits, at, end = _base64_quantum(data, at)
        if digits:
            padded = digits + [0] * (4 - len(digits))
            word = padded[0] << 18 | padded[1] << 12 | padded[2] << 6 | padded[3]
            out += word.to_bytes(3, "big")[: len(digits) - 1]
        if end:
            return bytes(out)


def _base64_quantum(data: bytes, at: int) -> tuple[list[int], int, bool]:
    digits: list[int] = []
    while len(digits) < 4:
        at = _skip_newlines(data, at)
        if at == len(data):
            if digits:
                raise EncodingError(f"illegal base64 data at input byte {at - len(digits)}")
            return digits, at, True
        value = _BASE64.find(data[at : at + 1])
        at += 1
        if value >= 0:
            digits.append(value)
            continue
        if data[at - 1 : at] != b"=" or len(digits) < 2:
            raise EncodingError(f"illegal base64 data at input byte {at - 1}")
        if len(digits) == 2:
            at = _skip_newlines(data, at)
            if at == len(data):
                raise EncodingError(f"illegal base64 data at input byte {at}")
            if data[at : at + 1] != b"=":
                raise EncodingError(f"illegal base64 data at input byte {at - 1}")
            at += 1
        at = _skip_newlines(data, at)
        if at < len(data):
            raise EncodingError(f"illegal base64 data at input byte {at}")
        return digits, at, True
    return digits, at, False


def _skip_newlines(data: bytes, at: int) -> int:
    while at < len(data) and data[at] in _NEWLINES:
        at += 1
    return at


def _decode_base32(text: str) -> bytes:
    data = bytes(byte for byte in to_bytes(text) if byte not in _NEWLINES)
    out, at = bytearray(), 0
    while at < len(data):
        digits: list[int] = []
        end = False
        while len(digits) < 8 and not end:
            if at == len(data):
                raise EncodingError(f"illegal base32 data at input byte {at - len(digits)}")
            char = data[at : at + 1]
            at += 1
            if char == b"=" and len(digits) >= 2 and len(data) - at < 8:
                _check_base32_padding(data, at, len(digits))
                end = True
                break
            value = _BASE32.find(char)
            if value < 0:
                raise EncodingError(f"illegal base32 data at input byte {at - 1}")
            digits.append(value)
        word = 0
        for digit in digits + [0] * (8 - len(digits)):
            word = word << 5 | digit
        out += word.to_bytes(5, "big")[: len(digits) * 5 // 8]
        if end:
            break
    return bytes(out)


def _check_base32_padding(data: bytes, at: int, digits: int) -> None:
    if len(data) - at + digits < 7:
        raise EncodingError(f"illegal base32 data at input byte {len(data)}")
    for offset in range(7 - digits):
        if len(data) > at + offset and data[at + offset : at + offset + 1] != b"=":
            raise EncodingError(f"illegal base32 data at input byte {at + offset - 1}")
    if digits in (1, 3, 6):
        raise EncodingError(f"illegal base32 data at input byte {at - 1}")


@TABLE.function("mustFromJson", "string")
def must_from_json(text: str) -> Value:
    try:
        return gojson.decode(text)
    except gojson.GoJsonError as error:
        raise FunctionError(str(error)) from error


def json_or_nothing(value: Value, *, indent: str = "") -> str:
    """JSON, or the empty string for a value that has none."""
    try:
        return gojson.encode(value, indent=indent)
    except gojson.GoJsonError:
        return ""


@TABLE.function("mustToJson", "any", result="string")
def must_to_json(value: Value) -> str:
    return _encoded(value)


@TABLE.function("toPrettyJson", "any", result="string")
def to_pretty_json(value: Value) -> str:
    return json_or_nothing(value, indent="  ")


@TABLE.function("mustToPrettyJson", "any", result="string")
def must_to_pretty_json(value: Value) -> str:
    return _encoded(value, indent="  ")


@TABLE.function("toRawJson", "any", result="string")
@TABLE.function("mustToRawJson", "any", result="string")
def to_raw_json(value: Value) -> str:
    return _encoded(value, escape_html=False)


def _encoded(value: Value, *, indent: str = "", escape_html: bool = True) -> str:
    try:
        return gojson.encode(value, indent=indent, escape_html=escape_html)
    except gojson.GoJsonError as error:
        raise FunctionError(str(error)) from error
