"""`getHostByName` where names may be asked for (`--enable-dns`)."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Final

from pytest_helmsim.template.signatures import Function, define


def resolve(name: str) -> str:
    """An address of a host; the empty string when it has none."""
    try:
        return str(socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)[0][4][0])
    except (OSError, UnicodeError):
        return ""


FUNCTIONS: Final[Mapping[str, Function]] = {"getHostByName": define("getHostByName", resolve, "string", result="string")}
