"""Field paths as messages write them, read back: the inverse of `field_set.display_path`.

`.spec.containers[name="web"].image` -> (`f:spec`, `f:containers`, `k:{"name":"web"}`, `f:image`). The text does not tell a name with
dots from several fields; where keys are free (annotations, labels, data …) all that follows is one name.
"""

from __future__ import annotations

import json
import re

from pytest_helmsim.patch.field_set import Element, Path, field, keyed, valued

_STEP = re.compile(r"""\.(?P<name>[^.\[]+)|\[(?P<inside>(?:"(?:\\.|[^"\\])*"|[^\]"])*)\]""")
_PAIR = re.compile(r"""(?P<key>[^=,]+)=(?P<value>"(?:\\.|[^"\\])*"|[^,]*)(?:,|$)""")
_OPEN = ("annotations", "labels", "data", "stringData", "binaryData", "matchLabels", "nodeSelector", "selector")
"""Maps with keys of any text: what follows one of them is one key."""


def parse(text: str) -> Path:
    """The path; raises `ValueError` for a text that is none."""
    path: list[Element] = []
    position = 0
    while position < len(text):
        if path and path[-1] in map(field, _OPEN) and text[position] == ".":
            path.append(field(text[position + 1 :]))
            break
        step = _STEP.match(text, position)
        if step is None:
            raise ValueError(f"{text!r} is no field path at {position}")
        position = step.end()
        path.append(field(step["name"]) if step["name"] is not None else _bracket(step["inside"]))
    return tuple(path)


def _bracket(inside: str) -> Element:
    """`name="web"` a keyed item, `="x"` an item of a set, `0` an index."""
    if inside.isdigit():
        return f"i:{inside}"
    if inside.startswith("="):
        return valued(_scalar(inside[1:]))
    return keyed({pair["key"]: _scalar(pair["value"]) for pair in _PAIR.finditer(inside)})


def _scalar(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
