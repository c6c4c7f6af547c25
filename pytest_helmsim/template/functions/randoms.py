"""Random strings, bytes, numbers and identifiers, from a source that may be seeded.

Source: github.com/Masterminds/goutils v1.1.1 cryptorandomstringutils.go; github.com/Masterminds/sprig/v3 crypto.go, functions.go.
"""

from __future__ import annotations

import base64
import random
import string
import uuid
from collections.abc import Callable

from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions.runes import valid
from pytest_helmsim.template.limits import check_size
from pytest_helmsim.template.signatures import Table

_ALPHABETS = {
    "randAlphaNum": string.ascii_letters + string.digits,
    "randAlpha": string.ascii_letters,
    "randNumeric": string.digits,
    "randAscii": "".join(map(chr, range(32, 127))),
}


def table(source: random.Random) -> Table:
    """The functions over a source of randomness."""
    result = Table()
    for name, alphabet in _ALPHABETS.items():
        result.function(name, "int", result="string")(_chooser(source, alphabet))

    @result.function("randBytes", "int", result="string")
    def rand_bytes(count: int) -> str:
        if count < 0:
            raise FunctionError("runtime error: makeslice: len out of range")
        check_size(count * 2)
        return base64.b64encode(source.randbytes(count)).decode("ascii")

    @result.function("randInt", "int", "int", result="int")
    def rand_int(least: int, end: int) -> int:
        if end <= least:
            raise FunctionError("invalid argument to Intn")
        return source.randrange(least, end)

    @result.function("uuidv4", result="string")
    def uuidv4() -> str:
        return str(uuid.UUID(bytes=source.randbytes(16), version=4))

    @result.function("shuffle", "string", result="string")
    def shuffle(text: str) -> str:
        runes = list(valid(text))
        source.shuffle(runes)
        return "".join(runes)

    return result


def _chooser(source: random.Random, alphabet: str) -> Callable[[int], str]:
    def choose(count: int) -> str:
        """Empty for a negative count."""
        if count <= 0:
            return ""
        check_size(count)
        return "".join(source.choices(alphabet, k=count))

    return choose
