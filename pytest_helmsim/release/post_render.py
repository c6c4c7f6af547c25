"""Post-renderers: a text of manifests in, another one out, where each Helm puts them.

Helm 3 gives the finished manifest without hooks and stores what comes back. Helm 4 gives all documents, hooks included,
each marked with the file it came from, and sorts what comes back as if it had been rendered.
Source: helm.sh/helm/v3 pkg/action/action.go; helm.sh/helm/v4 pkg/action/action.go (annotateAndMerge, splitAndDeannotate).

Helm 4 writes the documents anew with a YAML library that keeps comments and the order of keys. Ours keeps neither, so the
stored manifest has the same objects in another text.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from pytest_helmsim.chart import manifests
from pytest_helmsim.chart.errors import RenderError
from pytest_helmsim.chart.manifests import Hook
from pytest_helmsim.chart.render import Rendered
from pytest_helmsim.objects import meta, yamlio
from pytest_helmsim.objects.flavour import HELM3, Flavour
from pytest_helmsim.objects.json import JsonObject

PostRenderer: TypeAlias = Callable[[str], str]
"""The text of all manifests to another one; raise `RenderError` for a failure."""

FILENAME = "postrenderer.helm.sh/postrender-filename"


def run(rendered: Rendered, renderer: PostRenderer, flavour: Flavour, *, hide_secrets: bool = False) -> tuple[str, list[Hook]]:
    """The manifest to store and the hooks; raise `RenderError` in Helm's words."""
    if flavour == HELM3:
        try:
            return renderer(manifests.join(rendered.manifests, hide_secrets=hide_secrets)), rendered.hooks
        except RenderError as error:
            raise RenderError(f"error while running post render on files: {error}") from error
    merged = _merged(rendered.files, flavour)
    try:
        text = renderer(merged)
    except RenderError as error:
        raise RenderError(f"error while running post render on files: {error}") from error
    try:
        files = _by_file(text)
    except yamlio.YamlError as error:
        raise RenderError(f"error while parsing post rendered output: error parsing YAML: {error}") from error
    hooks, documents = manifests.sort(files, flavour)
    return manifests.join(documents, hide_secrets=hide_secrets), hooks


def executable(command: Sequence[str]) -> PostRenderer:
    """A program that reads manifests from its standard input and writes them to its standard output."""

    def call(text: str) -> str:
        try:
            done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
        except OSError as error:
            raise RenderError(f"error while running command {command[0]}. error output:\n{error}") from error
        if done.returncode:
            output = done.stderr.decode(errors="replace")
            raise RenderError(f"error while running command {command[0]}. error output:\n{output}: exit status {done.returncode}")
        return done.stdout.decode(errors="replace")

    return call


def _merged(files: Mapping[str, str], flavour: Flavour) -> str:
    documents = []
    for path in sorted(files):
        if path.rpartition("/")[2].startswith("_") or not files[path].strip():
            continue
        for text in manifests.split(files[path], flavour):
            for document in yamlio.load_objects(text):
                if isinstance(document, dict):
                    documents.append(meta.with_annotations(document, {FILENAME: path}))
    return "---\n".join(map(yamlio.dump, documents))


def _by_file(text: str) -> dict[str, str]:
    """Documents by the file that their mark names, the mark taken off; new ones get a name by their place."""
    files: dict[str, list[str]] = {}
    for number, document in enumerate(yamlio.load_objects(text)):
        if not isinstance(document, dict):
            continue
        path = meta.annotations(document).get(FILENAME) or f"generated-by-postrender-{number}.yaml"
        files.setdefault(path, []).append(yamlio.dump(_unmarked(document)))
    return {path: "---\n".join(parts) for path, parts in files.items()}


def _unmarked(document: JsonObject) -> JsonObject:
    annotations = {key: value for key, value in meta.annotations(document).items() if key != FILENAME}
    return meta.with_metadata(document, annotations=annotations or None)
