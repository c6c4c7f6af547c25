"""Record the patches that apimachinery makes: `tests/recorded/patch/three_way.json.gz`.

    (cd tools/strategicpatch && go build -o ../../build/strategicpatch .)
    python tools/record_three_way.py --program build/strategicpatch --out tests/recorded/patch/three_way.json.gz

Triples of original, target and live: all of the variants in patch_inputs.py, and random mutations of them (items moved, doubled, dropped,
fields changed, deleted, retyped). The file holds every object once and the triples as indices.
"""

from __future__ import annotations

import argparse
import copy
import gzip
import itertools
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from patch_inputs import CUSTOM_KINDS, KINDS

MUTATIONS = {
    "Deployment": 250,
    "Service": 60,
    "Pod": 60,
    "ConfigMap": 60,
    "Ingress": 40,
    "ServiceAccount": 40,
    "CustomResourceDefinition": 40,
}


def mutated(value: Any, rng: random.Random, rate: float) -> Any:
    """A copy with some nodes changed."""
    if isinstance(value, dict):
        result = {key: mutated(item, rng, rate) for key, item in value.items() if rng.random() > rate / 2}
        if result and rng.random() < rate / 4:
            result[rng.choice(list(result))] = rng.choice([None, "other", 7, {}, [], {"a": "b"}, ["x", "y"]])
        return result
    if isinstance(value, list):
        items = [mutated(item, rng, rate) for item in value if rng.random() > rate / 2]
        if items and rng.random() < rate:
            items.append(copy.deepcopy(rng.choice(items)))
        if rng.random() < rate:
            rng.shuffle(items)
        return items
    return f"{value}x" if isinstance(value, str) and rng.random() < rate / 2 else value


def triples(rng: random.Random) -> list[tuple[str, Any, Any, Any]]:
    """(kind, original, target, live)."""
    rows: list[tuple[str, Any, Any, Any]] = []
    variants = {kind.kind: kind.variants for kind in KINDS if kind.kind != "Widget"}
    variants["CustomResourceDefinition"] = CUSTOM_KINDS
    for kind, objects in variants.items():
        rows += [(kind, *three) for three in itertools.product(objects, repeat=3)]
        for _ in range(MUTATIONS.get(kind, 15)):
            rate = rng.choice([0.05, 0.15, 0.3])
            rows.append((kind, *(mutated(rng.choice(objects), rng, rate) for _ in range(3))))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--out", required=True, type=Path)
    arguments = parser.parse_args()
    rows = triples(random.Random(6))
    asked = "\n".join(
        json.dumps({"kind": kind, "original": original, "target": target, "live": live}) for kind, original, target, live in rows
    )
    done = subprocess.run([arguments.program], input=asked, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    places: dict[str, int] = {}
    objects: list[Any] = []

    def place(value: Any) -> int:
        text = json.dumps(value)
        if text not in places:
            places[text] = len(objects)
            objects.append(value)
        return places[text]

    table = [
        [kind, place(original), place(target), place(live), answer]
        for (kind, original, target, live), answer in zip(rows, answers, strict=True)
    ]
    text = json.dumps({"objects": objects, "triples": table}, separators=(",", ":"))
    arguments.out.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    sys.stdout.write(f"{len(table)} triples over {len(objects)} objects, {arguments.out.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
