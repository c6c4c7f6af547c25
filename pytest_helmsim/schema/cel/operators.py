"""What signs do with values: sums, orders, conversions, with the errors of the real server.

Sources: github.com/google/cel-go common/types/{int,uint,double,string,duration,timestamp,overflow}.go.
"""

from __future__ import annotations

import math
from typing import Any

from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.types import Type
from pytest_helmsim.schema.cel.values import (
    CelError,
    Duration,
    Optional,
    Timestamp,
    Uint,
    added,
    checked_moment,
    compare,
    duration,
    is_number,
    timestamp,
    type_of,
)  # fmt: skip

_LEAST, _GREATEST = -(2**63), 2**63 - 1
_WRITTEN = {"true": True, "false": False, "True": True, "False": False, "TRUE": True, "FALSE": False}
_WRITTEN.update({"1": True, "0": False, "t": True, "f": False})
_CONVERTED = {
    "bool": types.BOOL, "bytes": types.BYTES, "double": types.DOUBLE, "int": types.INT, "string": types.STRING, "uint": types.UINT,
    "duration": types.DURATION, "timestamp": types.TIMESTAMP,
}  # fmt: skip


def overload(name: str = "", *values: Any) -> CelError:
    """Values that an operator or function does not take."""
    if not name:
        return CelError("no such overload")
    if not values:
        return CelError(f"no such overload: {name}")
    return CelError(f"no such overload: {name}({', '.join(type_of(value).run_time_name for value in values)})")


def _int(value: int) -> int:
    if not _LEAST <= value <= _GREATEST:
        raise CelError("integer overflow")
    return value


def _uint(value: int) -> Uint:
    if not 0 <= value < 2**64:
        raise CelError("unsigned integer overflow")
    return Uint(value)


def _span(value: int) -> Duration:
    if not _LEAST <= value <= _GREATEST:
        raise CelError("duration overflow")
    return Duration(value)


def add(left: Any, right: Any) -> Any:
    """`+`."""
    if type(left) is type(right) and isinstance(left, (str, bytes, float)):
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        return added(left, right)
    if isinstance(left, Duration):
        if isinstance(right, Duration):
            return _span(left.nanoseconds + right.nanoseconds)
        if isinstance(right, Timestamp):
            return checked_moment(left.nanoseconds + right.nanoseconds, right.offset)
    if isinstance(left, Timestamp) and isinstance(right, Duration):
        return checked_moment(left.nanoseconds + right.nanoseconds, left.offset)
    if is_number(left) and type(left) is type(right):
        return _uint(int(left) + right) if isinstance(left, Uint) else _int(left + right)
    raise overload() if isinstance(left, (str, bytes, list, Duration, Timestamp)) or is_number(left) else overload("_+_")


def subtract(left: Any, right: Any) -> Any:
    """`-` between two."""
    if isinstance(left, Timestamp):
        if isinstance(right, Timestamp):
            return _span(left.nanoseconds - right.nanoseconds)
        if isinstance(right, Duration):
            return checked_moment(left.nanoseconds - right.nanoseconds, left.offset)
    if isinstance(left, Duration) and isinstance(right, Duration):
        return _span(left.nanoseconds - right.nanoseconds)
    return _numbers("_-_", left, right)


def _numbers(name: str, left: Any, right: Any) -> Any:
    if not is_number(left):
        raise overload() if isinstance(left, (Duration, Timestamp)) and name == "_-_" else overload(name)
    if type(left) is not type(right):
        raise overload()
    if isinstance(left, float):
        return left - right if name == "_-_" else left * right
    found = int(left) - right if name == "_-_" else int(left) * right
    return _uint(found) if isinstance(left, Uint) else _int(found)


def multiply(left: Any, right: Any) -> Any:
    """`*`."""
    return _numbers("_*_", left, right)


def divide(left: Any, right: Any) -> Any:
    """`/`, toward zero."""
    if not is_number(left):
        raise overload("_/_")
    if type(left) is not type(right):
        raise overload()
    if isinstance(left, float):
        if right == 0:
            sign = math.copysign(1, left) * math.copysign(1, right)
            return math.nan if left == 0 or math.isnan(left) else math.inf * sign
        return left / right
    if right == 0:
        raise CelError("division by zero")
    found = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return Uint(found) if isinstance(left, Uint) else _int(found)


def modulo(left: Any, right: Any) -> Any:
    """`%`, with the sign of the left side."""
    if not is_number(left) or isinstance(left, float):
        raise overload("_%_")
    if type(left) is not type(right):
        raise overload()
    if right == 0:
        raise CelError("modulus by zero")
    if left == _LEAST and right == -1:
        raise CelError("integer overflow")
    found = abs(left) % abs(right) * (-1 if left < 0 else 1)
    return Uint(found) if isinstance(left, Uint) else found


def negate(value: Any) -> Any:
    """`-` before one."""
    if isinstance(value, (bool, Uint)):
        raise overload() if isinstance(value, bool) else overload("-_")
    if isinstance(value, float):
        return -value
    if isinstance(value, int):
        return _int(-value)
    if isinstance(value, Duration):
        return _span(-value.nanoseconds)
    raise overload("-_")


def ordered(name: str, left: Any, right: Any) -> bool:
    """`<` and its kin."""
    if not isinstance(left, (bool, int, float, str, bytes, Duration, Timestamp)):
        raise overload(name)
    found = compare(left, right)
    return {"_<_": found < 0, "_<=_": found <= 0, "_>_": found > 0, "_>=_": found >= 0}[name]


def convert(name: str, value: Any, *, unsigned: bool = False) -> Any:
    """The functions that are named after types."""
    value = Uint(value) if unsigned else value
    if name == "dyn":
        return value
    if name == "type":
        return type_of(value)
    wanted = _CONVERTED[name]
    if type_of(value) == wanted:
        return value
    found = _CONVERTERS[name](value)
    if found is None:
        raise overload(name, value)
    return found


def _wrong(value: Any, wanted: Type) -> CelError:
    return CelError(f"type conversion error from '{type_of(value).run_time_name}' to '{wanted.run_time_name}'")


def _to_bool(value: Any) -> Any:
    if isinstance(value, str):
        if value not in _WRITTEN:
            raise _wrong(value, types.BOOL)
        return _WRITTEN[value]
    return None


def _to_bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else None


def _to_double(value: Any) -> Any:
    if is_number(value):
        return float(value)
    if isinstance(value, str):
        try:
            if value != value.strip() or "_" in value:
                raise ValueError(value)
            return float(value)
        except ValueError as error:
            raise _wrong(value, types.DOUBLE) from error
    return None


def _to_int(value: Any) -> Any:
    if isinstance(value, Uint):
        return _int(int(value))
    if isinstance(value, float):
        if math.isnan(value) or not -(2.0**63) < value < 2.0**63:
            raise CelError("integer overflow")
        return int(value)
    if isinstance(value, Duration):
        return value.nanoseconds
    if isinstance(value, Timestamp):
        return value.nanoseconds // 10**9
    if isinstance(value, str):
        return _written_int(value, types.INT, _LEAST, _GREATEST)
    return None


def _written_int(text: str, wanted: Type, least: int, greatest: int) -> int:
    digits = text[1:] if least < 0 and text[:1] in ("+", "-") else text
    if not digits.isdigit() or not digits.isascii() or not least <= int(text) <= greatest:
        raise _wrong(text, wanted)
    return int(text)


def _to_uint(value: Any) -> Any:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return _uint(value)
    if isinstance(value, float):
        if math.isnan(value) or not 0 <= value < 2.0**64:
            raise CelError("unsigned integer overflow")
        return Uint(value)
    if isinstance(value, str):
        return Uint(_written_int(value, types.UINT, 0, 2**64 - 1))
    return None


def _to_string(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return written_double(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise CelError("invalid UTF-8 in bytes, cannot convert to string") from error
    if isinstance(value, (Duration, Timestamp)):
        return str(value)
    if isinstance(value, Type):
        return value.run_time_name
    if getattr(value, "cel_type", None) in (types.IP, types.CIDR):
        return str(value)
    return None


def written_double(value: float) -> str:
    """A double in its shortest form, large and small ones with an exponent of two digits."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    mantissa, _, exponent = _shortest(value).partition("e")
    if -4 <= int(exponent) < 6:
        places = max(len(mantissa.lstrip("-").replace(".", "")) - 1 - int(exponent), 0)
        return f"{value:.{places}f}"
    return f"{mantissa}e{int(exponent):+03d}"


def _shortest(value: float) -> str:
    """The fewest digits that still give the same double, with an exponent."""
    texts = (f"{value:.{precision}e}" for precision in range(17))
    return next((text for text in texts if float(text) == value), f"{value:.17e}")


def _to_duration(value: Any) -> Any:
    if isinstance(value, str):
        return duration(value)
    if type_of(value) == types.INT:
        raise _wrong(value, types.DURATION)
    return None


def _to_timestamp(value: Any) -> Any:
    if isinstance(value, str):
        found = timestamp(value)
        return checked_moment(found.nanoseconds, found.offset)
    if isinstance(value, int) and not isinstance(value, bool):
        return checked_moment(value * 10**9)
    return None


_CONVERTERS = {
    "bool": _to_bool,
    "bytes": _to_bytes,
    "double": _to_double,
    "int": _to_int,
    "uint": _to_uint,
    "string": _to_string,
    "duration": _to_duration,
    "timestamp": _to_timestamp,
}


def is_zero(value: Any) -> bool:
    """Whether a value is the empty one of its type."""
    if isinstance(value, (Duration, Timestamp)):
        return value.nanoseconds == 0
    if isinstance(value, Optional):
        return not value.present
    return value is None or (isinstance(value, (bool, int, float, str, bytes, list, dict)) and not value)
