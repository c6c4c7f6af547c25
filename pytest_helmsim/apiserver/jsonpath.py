"""The small JSONPath of printer columns: `.status.conditions[?(@.type=="Ready")].status`, `.spec.ports[0].name`, `.metadata.labels.a\\.b`.

Source: k8s.io/client-go util/jsonpath.
"""

from __future__ import annotations

import re

from pytest_helmsim.objects.json import Json, dumps_sorted

_STEP = re.compile(
    r"""\.?\[\?\(@\.(?P<field>[\w.\\/-]+)\s*(?P<op>==|!=)\s*["']?(?P<value>[^"')]*)["']?\)\]"""
    r"""|\[(?P<index>-?\d+|\*)\]|\[['"](?P<quoted>[^'"]+)['"]\]|\.(?P<name>(?:\\.|[^.\[\]\\])+)"""
)


def find(value: Json, path: str) -> list[Json]:
    """Every value at the path; none when something on the way is absent."""
    found, position = [value], 0
    path = path.strip().removeprefix("{").removesuffix("}")
    if path and not path.startswith((".", "[")):
        path = f".{path}"
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            return []
        position = step.end()
        found = [item for one in found for item in _follow(one, step)]
    return found


def _follow(value: Json, step: re.Match[str]) -> list[Json]:
    parts = step.groupdict()
    if parts["field"] is not None:
        wanted, equal = parts["value"], parts["op"] == "=="
        items = value if isinstance(value, list) else []
        return [item for item in items if (text(_deep(item, parts["field"])) == wanted) is equal]
    if parts["index"] is not None:
        if not isinstance(value, list):
            return []
        if parts["index"] == "*":
            return value
        index = int(parts["index"])
        return [value[index]] if -len(value) <= index < len(value) else []
    key = re.sub(r"\\(.)", r"\1", parts["quoted"] if parts["quoted"] is not None else parts["name"])
    return [value[key]] if isinstance(value, dict) and key in value else []


def _deep(value: Json, path: str) -> Json:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text(value: Json) -> str:
    """As a cell prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return "" if value is None else dumps_sorted(value).decode() if isinstance(value, (dict, list)) else str(value)
