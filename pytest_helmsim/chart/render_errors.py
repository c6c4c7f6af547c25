"""The words in which Helm reports a template's error.

[3] cuts out the message of `required` and `fail` and leaves the rest as Go has it; [4] besides writes a nested error as an indented stack.

Source: helm.sh/helm pkg/engine/engine.go cleanupParseError, cleanupExecError ([3]), reformatExecErrorMsg ([4]).
"""

from __future__ import annotations

import re
from typing import Final

from pytest_helmsim.objects.flavour import HELM3, Flavour
from pytest_helmsim.template.errors import ExecutionError, Fault, FunctionError, ParseError, TemplateError

_START: Final = "HELM_ERR_START"
_END: Final = "HELM_ERR_END"
_WARNING = re.compile(f"{_START}(.*){_END}", re.DOTALL)


def wrap(message: str) -> str:
    """The message of `required` or `fail` as it travels through the nested errors."""
    return f"{_START}{message}{_END}"


def parse_error(path: str, error: ParseError) -> str:
    """`parse error at (PATH:LINE): REASON`; of a reason with colons only the last part is left, as in Helm."""
    tokens = str(error).split(": ")
    if len(tokens) == 1:
        return f"parse error in ({path}): {error}"
    return f"parse error at ({tokens[1]}): {tokens[-1]}"


def execution_error(path: str, error: TemplateError, flavour: Flavour) -> str:
    """What is shown for a template that failed."""
    if not isinstance(error, ExecutionError):
        return str(error)
    tokens = str(error).split(": ", 2)
    if len(tokens) != 3:
        return f"execution error in ({path}): {error}"
    warning = _WARNING.search(tokens[2])
    if warning is not None:
        return f"execution error at ({tokens[1]}): {warning[1]}"
    if flavour == HELM3:
        return str(error)
    places: list[tuple[str, str, str]] = []
    current: BaseException | None = error
    while current is not None and (not isinstance(current, Fault) or current.__cause__ is not None):
        if isinstance(current, Fault):
            current = current.__cause__
            continue
        place = _parse(str(current))
        if place is None:
            return str(error)
        if not places or places[-1] != place:
            places.append(place)
        current = current.__cause__ if isinstance(current, TemplateError | FunctionError) else None
    return "".join(map(_show, places)).strip()


def _show(place: tuple[str, str, str]) -> str:
    location, function, message = place
    parts = []
    if location:
        parts.append(f"{location}\n  ")
    if function:
        parts.append(f"{function}\n    ")
    if message:
        parts.append(f"{message}\n")
    return "".join(parts)


def _parse(text: str) -> tuple[str, str, str] | None:
    """Location, what was executed, message; None for text of another form."""
    if not text.startswith("template: "):
        return None
    rest = text.removeprefix("template: ")
    if rest.startswith("no template "):
        return "", "", text
    location, executing, after = rest.partition(": executing ")
    if executing and after[:1] == '"' and (quote := after.find('"', 1)) > 0:
        name, tail = after[1:quote], after[quote + 1 :]
        if tail.startswith(" at <"):
            context, found, message = tail.removeprefix(" at <").partition(">: ")
            if found:
                return location, f'executing "{name}" at <{context}>:', _cut(message)
    head, found, message = rest.rpartition(": ")
    return (head, "", _cut(message)) if found else None


def _cut(message: str) -> str:
    return message.partition(" template:")[0]
