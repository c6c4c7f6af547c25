"""Run every operation with the real helm and let each of its calls fail once; store what it leaves.

    python tools/record_release_faults.py [--only helm4-upgrade] [--workers 3]

One file for each flavour and operation under tests/recorded/release_faults. Which calls and faults: `cases` below. The real
programs are found as the tests find them (tests/oracle.py).
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import queue
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "release")]

import faults  # noqa: E402
import oracle  # noqa: E402
import scenarios  # noqa: E402

from pytest_helmsim.client.client import Client  # noqa: E402
from pytest_helmsim.objects.clock import RealClock  # noqa: E402

DISCOVERY = ("GET /api", "GET /apis", "GET /openapi")
VARIANTS = ("upgrade-cleanup", "uninstall-keep", "rollback-hook", "uninstall-hook")
SETS = {
    "": tuple(faults.OPERATIONS),
    "more": ("install", "upgrade", "rollback", "uninstall"),
    "signals": ("install", "upgrade"),
}
"""Which operations meet which faults. A signal ends the others like a kill, and what an atomic one takes back races with what goes on."""
DROPPED_READS = ("GET secrets", "GET configmaps/a", "GET secrets/sh.helm.release.v1.app.v1")


def cases(operation: str, kind: str, calls: list[str]) -> Iterator[faults.Fault]:
    """The faults of a set, for each call but watches and discovery."""
    return {"": plain, "more": more, "signals": signals}[kind](operation, calls)


def counted(calls: list[str]) -> Iterator[tuple[str, int]]:
    """Each call and which of its like it is."""
    seen: Counter[str] = Counter()
    for call in calls:
        seen[call] += 1
        if not call.startswith(("WATCH", *DISCOVERY)):
            yield call, seen[call]


def more(operation: str, calls: list[str]) -> Iterator[faults.Fault]:
    """Writes fail in the other ways, reads in most of them."""
    for call, number in counted(calls):
        if not call.startswith("GET"):
            yield from (faults.Fault(call, number, how) for how in faults.MORE)
        elif call != "GET /version":
            yield from (faults.Fault(call, number, how) for how in ("504", "cut", "429") if how != "429" or number == 1)


def signals(operation: str, calls: list[str]) -> Iterator[faults.Fault]:
    """An interrupt at each write; an upgrade's come after its record, since one that was heard before lets the first hook race."""
    written = operation == "install"
    for call, number in counted(calls):
        if written and (operation == "install" or not call.startswith("GET")):
            yield from (faults.Fault(call, number, how) for how in faults.SIGNALS)
        written = written or call == "POST secrets"


def plain(operation: str, calls: list[str]) -> Iterator[faults.Fault]:
    """Writes fail in all ways, reads with 500 and some by a lost connection; variants of an operation are not killed again."""
    seen: Counter[str] = Counter()
    for call in calls:
        seen[call] += 1
        if call.startswith(("WATCH", *DISCOVERY)):
            continue
        if call.startswith("GET"):
            yield faults.Fault(call, seen[call], "500")
            if call in DROPPED_READS and seen[call] == 1:
                yield faults.Fault(call, 1, "drop")
            continue
        for how in faults.ANSWERS:
            yield faults.Fault(call, seen[call], how)
        if operation not in VARIANTS:
            for how in faults.KILLS:
                yield faults.Fault(call, seen[call], how)


def main() -> None:
    """Record all, or what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", help="flavour-operation, or flavour-operation.set")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    faults.RECORDED.mkdir(parents=True, exist_ok=True)
    with oracle.control_plane() as kubeconfig:
        config = yaml.safe_load(Path(kubeconfig).read_text())
        places: queue.Queue[tuple[Client, faults.Proxy, Path]] = queue.Queue()
        for _ in range(arguments.workers):
            proxy = faults.Proxy(config["clusters"][0]["cluster"]["server"], config["users"][0]["user"]["token"])
            place = Path(tempfile.mkdtemp(prefix="helmsim-charts-"))
            scenarios.write_charts(faults.case("helm4", "", "x"), place)
            places.put((Client(oracle.connect(kubeconfig), RealClock()), proxy, place))
        with ThreadPoolExecutor(arguments.workers) as pool:
            for kind, flavour in itertools.product(SETS, scenarios.FLAVOURS):
                for operation in SETS[kind]:
                    file = f"{flavour}-{operation}{kind and f'.{kind}'}"
                    if not arguments.only or file in arguments.only:
                        record(file, flavour, operation, kind, places, pool)


NUMBERS = itertools.count(int(time.time()) % 1_000_000 * 1000)


def record(file: str, flavour: str, operation: str, kind: str, places: queue.Queue[Any], pool: ThreadPoolExecutor) -> None:
    """One file."""
    binary = oracle.binary(oracle.HELM[flavour])

    def run(fault: faults.Fault) -> dict[str, Any]:
        client, proxy, place = places.get()
        try:
            return faults.run_real(binary, flavour, operation, fault, next(NUMBERS), client, proxy, place)
        finally:
            places.put((client, proxy, place))

    calls = run(faults.Fault())["calls"]
    wanted = list(cases(operation, kind, calls))
    values: dict[str, Any] = {}
    lines = []
    for fault, result in zip(wanted, pool.map(run, wanted), strict=True):
        if not result.pop("hit"):
            sys.stdout.write(f"not met: {fault}\n")
            continue
        state = {key: digest(value, values) for key, value in result.pop("state").items()}
        del result["calls"]
        lines.append({**asdict(fault), **result, "state": state})
    head = json.dumps(calls)
    table = ",\n".join(
        f"  {json.dumps(key)}: {json.dumps(value, sort_keys=True, separators=(',', ':'))}" for key, value in sorted(values.items())
    )
    rows = ",\n".join(f"  {json.dumps(line, separators=(',', ':'))}" for line in lines)
    (faults.RECORDED / f"{file}.json").write_text(f'{{"calls": {head},\n"values": {{\n{table}\n}},\n"cases": [\n{rows}\n]}}\n')
    sys.stdout.write(f"{file}: {len(lines)} faults\n")
    sys.stdout.flush()


def digest(value: Any, values: dict[str, Any]) -> str:
    """A short name for a value, the same for the same value."""
    name = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]
    values[name] = value
    return name


if __name__ == "__main__":
    main()
