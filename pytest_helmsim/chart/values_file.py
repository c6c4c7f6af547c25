"""A values file: one YAML document for [3], the merge of all of them for [4].

Source: pkg/chart/v2/loader/load.go LoadValues; k8s.io/apimachinery pkg/util/yaml decoder.go YAMLReader.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_helmsim.objects import yaml_load, yamlio
from pytest_helmsim.objects.flavour import HELM3, Flavour
from pytest_helmsim.objects.json import JsonObject


def read_values(data: bytes, *, flavour: Flavour) -> JsonObject:
    """The map in a values file; an empty file is `{}`."""
    text = yaml_load.decode_utf8(data)
    if flavour == HELM3:
        return yamlio.load_map(text)
    result: JsonObject = {}
    for document in _documents(text if text.endswith("\n") or not text else text + "\n"):
        try:
            result = merge_maps(result, yamlio.load_map(document))
        except yamlio.YamlError as error:
            raise yamlio.YamlError(f"cannot unmarshal yaml document: {error}") from error
    return result


def _documents(text: str) -> Iterator[str]:
    """Cut at lines that start with `---`, which may hold nothing else but a comment."""
    if "---" not in text:
        if text:
            yield text
        return
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").removesuffix("\n").split("\n"):
        if line.startswith("---"):
            rest = line[3:].strip()
            if rest and not rest.startswith("#"):
                raise yamlio.YamlError(f"error reading yaml document: invalid Yaml document separator: {rest}")
            if lines:
                yield "".join(lines)
                lines = []
                continue
        lines.append(line + "\n")
    if lines:
        yield "".join(lines)


def merge_maps(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`over` laid over `base`, maps merged deeply, everything else (null too) replaced; neither is changed."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merge_maps(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return result
