"""What the rows of `rows_*.py` are made of: templates whose answers are recorded from Go: the language itself, without sprig.

A row is one text (template `t`), or several files of which the last but helpers runs; data is the same for all (`DATA`, with tags for
Go types that JSON has not). `tools/record_templates.py` records, `test_language.py` compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DATA: dict[str, Any] = {
    "Values": {
        "name": "bob",
        "empty": "",
        "yes": True,
        "no": False,
        "one": 1,
        "big": 1234567,
        "pi": 3.25,
        "tiny": 0.00001,
        "huge": 1e100,
        "negative": -7,
        "null": None,
        "list": ["a", "b", "c"],
        "mixed": [1, "two", None, True, {"k": "v"}, [1, 2]],
        "none": [],
        "nomap": {},
        "map": {"z": 1, "a": "x", "m": {"deep": {"er": "value"}}},
        "people": [{"name": "ann", "age": 30}, {"name": "bob"}, None],
        "unicode": "héllo wörld ☃",
        "quotes": "a \"b\" 'c' <d> & \\ \n\t",
        "percent": "100% %d",
    },
    "int": {"$int": 42},
    "int64": {"$int64": -5},
    "int32": {"$int32": 97},
    "uint8": {"$uint8": 200},
    "uint64": {"$uint64": 7},
    "float32": {"$float32": 0.1},
    "complex": {"$complex": [1, -2]},
    "bytes": {"$bytes": "hey"},
    "strings": {"$strings": ["x", "y"]},
    "ints": {"$ints": [3, 1, 2]},
    "stringmap": {"$stringmap": {"b": "2", "a": "1"}},
    "anymap": {"$anymap": [["k", 1], [{"$int": 3}, "three"], [True, "t"]]},
    "named": {"$named": {"k": "v"}},
    "object": {"$object": "obj"},
    "pointer": {"$pointer": "ptr"},
    "colour": {"$colour": 3},
    "str": "plain",
    "nil": None,
}


@dataclass(frozen=True)
class Row:
    files: list[list[str]]
    run: str = "t"
    missing: str = "zero"


def texts(*texts: str, missing: str = "zero") -> list[Row]:
    return [Row([["t", text]], missing=missing) for text in texts]


def files(*pairs: tuple[str, str], run: str = "t") -> Row:
    return Row([list(pair) for pair in pairs], run=run)
