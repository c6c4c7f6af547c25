"""Slash-separated paths, shortened and taken apart without looking at a disk.

`clean("") = "."`, `base("/") = "/"`, `dir("a/b/../c") = "a"`. The `os…` forms are those of Unix.

Source: Go src/path/path.go, src/path/filepath (Unix).
"""

from __future__ import annotations

from pytest_helmsim.template.signatures import Table

TABLE = Table()


@TABLE.function("clean", "string", result="string")
@TABLE.function("osClean", "string", result="string")
def clean(path: str) -> str:
    rooted = path.startswith("/")
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part == ".." and rooted:
            continue
        elif part not in ("", "."):
            parts.append(part)
    return ("/" if rooted else "") + "/".join(parts) or "."


@TABLE.function("base", "string", result="string")
@TABLE.function("osBase", "string", result="string")
def base(path: str) -> str:
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


@TABLE.function("dir", "string", result="string")
@TABLE.function("osDir", "string", result="string")
def directory(path: str) -> str:
    return clean(path[: path.rfind("/") + 1])


@TABLE.function("ext", "string", result="string")
@TABLE.function("osExt", "string", result="string")
def extension(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :] if "." in name else ""


@TABLE.function("isAbs", "string", result="bool")
@TABLE.function("osIsAbs", "string", result="bool")
def is_absolute(path: str) -> bool:
    return path.startswith("/")
