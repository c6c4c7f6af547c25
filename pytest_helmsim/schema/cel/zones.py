"""Parts of a moment as a clock somewhere shows them; a zone is a name or an offset such as `-08:00`.

Source: github.com/google/cel-go common/types/timestamp.go.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pytest_helmsim.schema.cel.values import CelError, Timestamp


def _there(moment: datetime, name: str) -> datetime:
    """What a clock in the zone shows."""
    offset = re.fullmatch(r"([+-]?)(\d{1,2}):(\d{1,2})", name)
    if offset is not None:
        minutes = (int(offset[2]) * 60 + int(offset[3])) * (-1 if offset[1] == "-" else 1)
        return moment + timedelta(minutes=minutes)
    try:
        return moment.astimezone(ZoneInfo(name))
    except (ValueError, OSError, KeyError) as error:
        raise CelError(f"unknown time zone {name}") from error


def part_of_moment(name: str, value: Timestamp, zone: str) -> int:
    """A part by the name of its function; months, days of years and of months count from 0, except `getDate`."""
    moment = value.moment()
    if zone != "UTC":
        moment = _there(moment, zone)
    match name:
        case "getFullYear":
            return moment.year
        case "getMonth":
            return moment.month - 1
        case "getDayOfYear":
            return moment.timetuple().tm_yday - 1
        case "getDayOfMonth":
            return moment.day - 1
        case "getDate":
            return moment.day
        case "getDayOfWeek":
            return (moment.weekday() + 1) % 7
        case "getHours":
            return moment.hour
        case "getMinutes":
            return moment.minute
        case "getSeconds":
            return moment.second
    return value.nanoseconds // 10**6 % 1000
