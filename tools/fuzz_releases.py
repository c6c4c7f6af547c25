"""Random releases by the real helm and by helmsim, on a real control plane and on the embedded cluster; prints what differs.

    python tools/fuzz_releases.py KUBECONFIG [--seconds N] [--seed N] [--pods] [--quick] [--keep FOLDER] [--replay FILE]

Every case (charts, commands, changes by others: release_inputs.py, release_charts.py, release_steps.py) runs in the four
combinations at once. After each step output, error and exit status are compared, and all objects with their owners and all records.
A case that differs is shrunk and printed, and stored under `--keep` as JSON, which `--replay` runs again. The same seed makes the
same cases. KUBECONFIG is that of a real control plane, with nodes when `--pods` is given. The real helm is found as the tests find it
(tests/oracle.py). `--quick` asks only the real helm on the real server and helmsim on its own, and looks at objects at the end.
"""

from __future__ import annotations

import argparse
import base64
import copy
import difflib
import gzip
import json
import re
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]

import oracle  # noqa: E402
from conformance.conftest import served  # noqa: E402
from conformance.forks import Forks  # noqa: E402
from conformance.helms import our_helm, real_helm  # noqa: E402
from conformance.programs import Answer, Place, Server  # noqa: E402
from release_charts import files_of  # noqa: E402
from release_inputs import Case, Doc, Step  # noqa: E402
from release_steps import CLUSTER_PATHS, PATHS, case  # noqa: E402

from pytest_helmsim.client.client import Client  # noqa: E402
from pytest_helmsim.objects.clock import RealClock  # noqa: E402
from pytest_helmsim.objects.status import ApiError  # noqa: E402

NAMES = ("helm on real", "helm on embedded", "helmsim on real", "helmsim on embedded")
WITHOUT_PODS = (
    "--controllers=*,-kubelet,-scheduler,-node-lifecycle-controller,-standard-storage-class,-ingress-controller,-service-lb-controller"
)
WITH_PODS = "--controllers=*,-standard-storage-class,-ingress-controller,-service-lb-controller"
PATIENCE = 3.0
READS = ("history", "status", "list", "get", "template", "lint", "show", "dependency")
SYSTEM = ("kube-controller-manager", "kube-scheduler", "kwok", "kube-apiserver", "kubelet")


@dataclass
class Corner:
    """One of the four places of a case: its files, its namespaces, its programs, a client of its own."""

    place: Place
    client: Client
    tag: str

    def run(self, step: Step) -> Any:
        """What a step answers, masked."""
        if isinstance(step, str):
            answer = self.place.run(step.replace("@TAG@", self.tag))
            out = ENCODED.sub(decoded, answer.out) if " -o " in step else answer.out
            return Answer(masked(out, self.tag), masked(unordered(answer.err), self.tag), answer.code).shown()
        return self.edit_record(step) if "record" in step else self.request(step)

    def edit_record(self, step: dict[str, Any]) -> str:
        """A record that somebody changed by hand: its status, its data, its labels."""
        path = f"/api/v1/namespaces/{self.tag}-a/secrets/sh.helm.release.v1.{step['record']}.v{step['version']}"
        do = step["do"]
        try:
            if do == "delete":
                self.client.request("DELETE", path)
                return "ok"
            found = self.client.request("GET", path).json()
            body: dict[str, Any] = {"metadata": {"labels": do.get("labels")}} if "labels" in do else {"data": {"release": do.get("data")}}
            if "cut" in do:
                body["data"]["release"] = found["data"]["release"][: do["cut"]]
            if "status" in do:
                document = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(found["data"]["release"]))))
                document["info"]["status"] = do["status"]
                text = base64.b64encode(gzip.compress(json.dumps(document).encode()))
                body = {"metadata": {"labels": {"status": do["status"]}}, "data": {"release": base64.b64encode(text).decode()}}
            self.client.request("PATCH", path, query={"fieldManager": "hand"}, body=body, content_type="application/merge-patch+json")
        except ApiError as error:
            return f"{error.code} {masked(str(error), self.tag)}"
        except ValueError:
            return "no record"
        return "ok"

    def request(self, step: dict[str, Any]) -> str:
        """A request of somebody else: its status, and the words of a refusal."""
        body = json.dumps(step["body"]).replace("@TAG@", self.tag)
        query = {"fieldManager": step["manager"]} if "manager" in step else {}
        query |= dict(pair.split("=") for pair in step.get("query", "").split("&") if pair)
        try:
            path = step["path"].replace("@TAG@", self.tag)
            self.client.request(step["method"], path, query=query, body=json.loads(body), content_type=step.get("type", ""))
        except ApiError as error:
            return f"{error.code} {masked(str(error), self.tag)}"
        return "ok"

    def state(self, paths: list[str], namespaces: str) -> dict[str, Any]:
        """Every object of the namespaces (`ab`) and those across the cluster that are ours, masked; records decoded."""
        found: dict[str, Any] = {}
        for entry in paths:
            group, plural = entry.replace("@TAG@", self.tag).split()
            wholes = [f"/{group}/namespaces/{self.tag}-{each}/{plural}" for each in namespaces]
            for whole in [f"/{group}/{plural}"] if entry in CLUSTER_PATHS.values() else wholes:
                try:
                    items = self.client.request("GET", whole).json()["items"]
                except ApiError as error:
                    if error.code != 404:
                        raise
                    continue
                for obj in items:
                    meta = obj["metadata"]
                    if (
                        meta.get("ownerReferences")
                        or meta["name"] in ("kube-root-ca.crt", "default")
                        or self.tag not in meta["name"] + meta.get("namespace", "")
                    ):
                        continue
                    if plural == "namespaces" and "deletionTimestamp" in meta:
                        continue
                    key = f"{plural} {meta.get('namespace', '')}/{meta['name']}".replace(self.tag, "TAG")
                    is_record = obj.get("type") == "helm.sh/release.v1" or key.split("/")[1].startswith("sh.helm.release.")
                    found[key] = record(obj, self.tag) if is_record else plain(obj, self.tag)
        return found


ENCODED = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")


def decoded(match: re.Match[str]) -> str:
    """A chart's files in a record that is printed, as text: they name the corner's own words."""
    try:
        return base64.b64decode(match[0]).decode()
    except ValueError:
        return match[0]


def unordered(text: str) -> str:
    """Lines of what several goroutines said, in the order of the alphabet."""
    return "\n".join(sorted(text.split("\n"))) if "\n" in text.strip() else text


def masked(text: str, tag: str) -> str:
    """Without what depends on the moment or on chance."""
    for pattern, new in (
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "TIME"),
        (r"(resourceVersion\W+)\d+", r"\1VERSION"),
        (r"/tmp/[^ :\"]*/(?=(one|two|three|other)\b)", "FOLDER/"),
        (r"\b10\.96\.\d+\.\d+", "IP"),
    ):
        text = re.sub(pattern, new, text)
    return text.replace(tag, "TAG")


def plain(obj: Doc, tag: str) -> Any:
    """An object without status and what the server or a controller makes up; owners of fields sorted."""
    meta = obj["metadata"]
    owners = [
        " ".join(
            [
                each["manager"],
                each["operation"],
                each.get("subresource", ""),
                each["apiVersion"],
                json.dumps(each.get("fieldsV1"), sort_keys=True),
            ]
        )
        for each in meta.get("managedFields") or []
        if each["manager"] not in SYSTEM and each.get("subresource") != "status"
    ]
    head = {
        key: value
        for key, value in meta.items()
        if key not in ("uid", "resourceVersion", "creationTimestamp", "managedFields", "annotations")
    }
    if "deletionTimestamp" in head:
        head["deletionTimestamp"] = "TIME"
    annotations = {
        key: value
        for key, value in (meta.get("annotations") or {}).items()
        if not key.startswith(("deployment.kube", "pv.kubernetes", "volume.", "batch."))
    }
    body = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
    text = masked(json.dumps({"metadata": head, "annotations": annotations, **hidden(body), "owners": sorted(owners)}), tag)
    return json.loads(text)


HIDDEN = (
    "clusterIP",
    "clusterIPs",
    "nodePort",
    "healthCheckNodePort",
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
    "volumeName",
    "nodeName",
)


def hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: "*" if key in HIDDEN and item not in ("None", "") else hidden(item) for key, item in value.items() if key != "caBundle"
        }
    return [hidden(each) for each in value] if isinstance(value, list) else value


def record(obj: Doc, tag: str) -> Any:
    """A record with its labels; the keys of its JSON in their order."""
    labels = {key: "*" if key.endswith("At") else value for key, value in obj["metadata"]["labels"].items()}
    data = base64.b64decode(obj["data"]["release"])
    try:
        document = json.loads(gzip.decompress(data if data[:2] == b"\x1f\x8b" else base64.b64decode(data)))
    except (ValueError, OSError, EOFError):
        return {"labels": labels, "json": "cannot be read"}
    _open_chart(document.get("chart") or {})
    info = document.get("info") or {}
    if "\n" in info.get("description", ""):
        info["description"] = unordered(info["description"])
    return {
        "labels": labels,
        "owners": plain(obj, tag)["owners"],
        "json": json.loads(masked(json.dumps(document), tag)),
        "order": _key_order(document),
    }


def _open_chart(chart: Doc) -> None:
    chart.pop("modtime", None)
    for key in ("templates", "files"):
        for each in chart.get(key) or ():
            each["data"] = base64.b64decode(each["data"]).decode(errors="backslashreplace")
            each.pop("modtime", None)
    for each in chart.get("dependencies") or ():
        _open_chart(each)


def _key_order(value: Any) -> str:
    return " ".join([*value, *value.get("info", {}), *(value.get("chart") or {})])


def write(case: Case, folder: Path, tag: str) -> None:
    """The charts as folders."""
    for name, found in case["charts"].items():
        if "parts" in found:
            for path, text in files_of(found).items():
                _put(folder / name / path, text, tag)
            continue
        _write_chart(folder / name, found, tag, f"1.{list(case['charts']).index(name)}.0", "app")


def _put(target: Path, text: str, tag: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text.replace("@TAG@", tag).encode())


def _write_chart(place: Path, found: Doc, tag: str, version: str, name: str) -> None:
    def put(path: str, text: str) -> None:
        _put(place / path, text, tag)

    put("Chart.yaml", yaml.safe_dump({"apiVersion": "v2", "name": name, "version": version, "appVersion": "9.9"}))
    put("values.yaml", yaml.safe_dump(found["values"]))
    for index, each in enumerate([*found["docs"], *found.get("hooks", ())]):
        put(f"templates/{index:02}-{each['kind'].lower()}.yaml", yaml.safe_dump(each, width=1000))
    for each in found.get("crds") or ():
        put("crds/definition.yaml", yaml.safe_dump(each))
    if found.get("notes"):
        put("templates/NOTES.txt", found["notes"])
    if found.get("sub"):
        _write_chart(place / "charts" / "sub", found["sub"], tag, "0.1.0", "sub")


class Corners:
    """The servers and programs, and how a case runs on them."""

    def __init__(self, kubeconfig: str, stack: ExitStack, *, pods: bool, quick: bool) -> None:
        self.stack = stack
        self.quick = quick
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="helmsim-fuzz-")))
        embedded = stack.enter_context(served(folder, WITH_PODS if pods else WITHOUT_PODS, "--seed=1"))
        forks = [stack.enter_context(Forks()) for _ in range(2)]
        self.servers = {"real": Server("real", kubeconfig), "embedded": embedded}
        self.programs = {"helm": {each: real_helm(each, folder) for each in "34"}}
        self.ours = [{each: our_helm(each, fork) for each in "34"} for fork in forks]
        self.folder = folder
        self.clients = [Client(oracle.connect(self.servers[name.split()[-1]].kubeconfig), RealClock()) for name in NAMES]
        self.count = 0
        self.pool = stack.enter_context(ThreadPoolExecutor(4))

    def open(self, case: Case, names: Sequence[str]) -> list[Corner]:
        """Corners with fresh namespaces and the charts of the case."""
        self.count += 1
        corners = []
        for name in names:
            index = NAMES.index(name)
            tag = f"z{secrets.token_hex(3)}"
            folder = self.folder / tag
            folder.mkdir()
            write(case, folder, tag)
            program, _, where = name.partition(" on ")
            server = self.servers[where].in_namespace(f"{tag}-a", folder)
            helm = self.programs["helm"][case["flavour"]] if program == "helm" else self.ours[index - 2][case["flavour"]]
            words = {"helmsim": "helm"}
            corners.append(Corner(Place(name, folder, server, f"{tag}-a", {"helm": helm}, words), self.clients[index], tag))
            for each in "ab":
                body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"{tag}-{each}"}}
                self.clients[index].request("POST", "/api/v1/namespaces", body=body)
        return corners

    def close(self, corners: list[Corner]) -> None:
        """Take away what a case left across the cluster."""
        for corner in corners:
            for entry in CLUSTER_PATHS.values():
                group, plural = entry.split()
                for obj in corner.client.request("GET", f"/{group}/{plural}").json()["items"]:
                    if obj["metadata"]["name"].startswith(f"{corner.tag}-") or f".{corner.tag}." in obj["metadata"]["name"]:
                        try:
                            corner.client.request("DELETE", f"/{group}/{plural}/{obj['metadata']['name']}")
                        except ApiError:
                            continue

    def differences(self, case: Case, names: Sequence[str] = NAMES) -> Iterator[tuple[int, Step, list[Any]]]:
        """Index and step where the corners do not agree, and what each of them has; ends at the first."""
        corners = self.open(case, names)
        namespaces = "ab" if "@TAG@-b" in json.dumps(case) else "a"
        kinds = {each for found in case["charts"].values() for each in kinds_of(found)}
        paths = [PATHS[each] for each in PATHS if each in kinds or each in ("ConfigMap", "Secret")]
        paths += [CLUSTER_PATHS[each] for each in CLUSTER_PATHS if each in kinds]
        try:
            for index, step in enumerate(case["steps"]):
                found = self.ask(corners, step)
                if not agree(found):
                    yield index, step, found
                    return
                if reads(step) or (len(names) < len(NAMES) and not telling(case["steps"], index)):
                    continue
                states = self.look(corners, paths, namespaces)
                if not agree(states):
                    yield index, step, states
                    return
        finally:
            self.close(corners)

    def ask(self, corners: list[Corner], step: Step) -> list[Any]:
        """The four answers; a question is asked again while they differ."""
        end = time.monotonic() + PATIENCE
        while True:
            found = list(self.pool.map(lambda corner: corner.run(step), corners))
            if agree(found) or not reads(step) or time.monotonic() > end:
                return found
            time.sleep(0.5)

    def look(self, corners: list[Corner], paths: list[str], namespaces: str) -> list[Any]:
        end = time.monotonic() + PATIENCE
        while True:
            found = list(self.pool.map(lambda corner: corner.state(paths, namespaces), corners))
            if agree(found) or time.monotonic() > end:
                return found
            time.sleep(0.4)

    def first(self, case: Case) -> tuple[int, Step, list[Any]] | None:
        """The first difference; `quick` asks the real helm on the real server and ours on ours, and all four if these differ."""
        if self.quick and next(self.differences(case, (NAMES[0], NAMES[-1])), None) is None:
            return None
        return next(self.differences(case), None)


def telling(steps: list[Step], index: int) -> bool:
    """Whether the state after a step shows what went before it, and would be gone after the next."""
    return index + 1 == len(steps) or "helm uninstall" in steps[index + 1]


def reads(step: Step) -> bool:
    """Whether a step changes nothing."""
    return isinstance(step, str) and re.sub(r"^[A-Z_]+=\S+ ", "", step).split()[1] in READS


def kinds_of(found: Doc) -> Iterator[str]:
    if "parts" in found:
        yield from re.findall(r"(?m)^ *kind: (\w+)", "\n".join(files_of(found).values()))
        return
    for each in [*found["docs"], *found.get("hooks", ()), *(found.get("crds") or ())]:
        items = each.get("items")
        for item in items if isinstance(items, list) else [each]:
            yield item.get("kind", "") if isinstance(item, dict) else ""


def agree(found: list[Any]) -> bool:
    return all(each == found[0] for each in found[1:])


def signature(found: list[Any]) -> tuple[Any, ...]:
    """Which corners differ from the real one, and whether in words or in state."""
    return tuple(each != found[0] for each in found[1:]), isinstance(found[0], str)


def shrunk(corners: Corners, given: Case, hit: tuple[int, Step, list[Any]], limit: int) -> Case:
    """Fewer steps, flags, objects and fields that still differ in the same corners at the last step."""
    wanted = signature(hit[2])
    best = {**given, "steps": given["steps"][: hit[0] + 1]}

    def still(candidate: Case) -> bool:
        nonlocal limit, best
        if limit <= 0:
            return False
        limit -= 1
        again = corners.first(candidate)
        if again is None or again[0] != len(candidate["steps"]) - 1 or signature(again[2]) != wanted:
            return False
        best = candidate
        return True

    for index in reversed(range(len(best["steps"]) - 1)):
        still({**best, "steps": best["steps"][:index] + best["steps"][index + 1 :]})
    used = {word.partition("/")[0] for step in best["steps"] if isinstance(step, str) for word in step.split()[2:]}
    still({**best, "charts": {key: value for key, value in best["charts"].items() if key in used}})
    for part in sorted({part for found in best["charts"].values() for part in found.get("parts", ())}):
        smaller = copy.deepcopy(best)
        for found in smaller["charts"].values():
            found["parts"].pop(part, None)
        still(smaller)
    for name in [each for each in best["charts"] if "parts" not in best["charts"][each]]:
        for key in ("docs", "hooks"):
            for index in reversed(range(len(best["charts"][name][key]))):
                smaller = copy.deepcopy(best)
                del smaller["charts"][name][key][index]
                still(smaller)
    for index, step in enumerate(best["steps"]):
        if isinstance(step, str):
            for flag in [word for word in step.split() if word.startswith("--")]:
                steps = list(best["steps"])
                steps[index] = " ".join(word for word in str(steps[index]).split() if word != flag)
                still({**best, "steps": steps})
    return best


def told(found: list[Any]) -> Iterator[str]:
    """Each corner's difference from the real one."""
    texts = [each if isinstance(each, str) else json.dumps(each, indent=1, sort_keys=True) for each in found]
    for name, text in zip(NAMES[1:], texts[1:], strict=True):
        if text != texts[0]:
            lines = list(difflib.unified_diff(texts[0].splitlines(), text.splitlines(), NAMES[0], name, lineterm="", n=2))
            yield from (around(line, texts[0] if line.startswith("+") else text) for line in lines[:40])


def around(line: str, other: str) -> str:
    """A long line from where the other text first departs from it."""
    if len(line) < 400:
        return line
    start = next((index for index in range(1, len(line), 40) if line[1 : index + 40] not in other), 1)
    return f"{line[0]}…{line[max(start - 40, 1) : start + 300]}"


def fuzz(
    corners: Corners, seconds: float, seed: int, report: Callable[[str], None], keep: Path | None, *, pods: bool, shrink: int
) -> Counter[str]:
    """Random cases until the time is over."""
    tally: Counter[str] = Counter()
    end = time.monotonic() + seconds
    number = seed
    while time.monotonic() < end:
        number += 1
        given = case(Random(number), pods=pods)
        hit = corners.first(given)
        tally["cases"] += 1
        tally["steps"] += len(given["steps"])
        if hit is None:
            continue
        tally["differ"] += 1
        small = shrunk(corners, given, hit, shrink)
        again = corners.first(small)
        if again is None:
            tally["not again"] += 1
        report(f"# seed {number} {signature(hit[2])[0]} {'' if again else '(only once)'} Helm {given['flavour']}")
        for step in small["steps"]:
            report(f"  {step if isinstance(step, str) else json.dumps(step)}")
        for line in told((again or hit)[2]):
            report(f"    {line}")
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{number}.json").write_text(json.dumps(small, indent=1))
    return tally


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kubeconfig")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pods", action="store_true", help="the real control plane has nodes")
    parser.add_argument("--quick", action="store_true", help="all four combinations only where real and simulated differ")
    parser.add_argument("--shrink", type=int, default=25, help="how often a case may run again to become smaller")
    parser.add_argument("--keep", type=Path, help="where to store cases that differ")
    parser.add_argument("--replay", type=Path, action="append", default=[])
    given = parser.parse_args()

    def report(line: str) -> None:
        print(line, flush=True)

    with ExitStack() as stack:
        corners = Corners(given.kubeconfig, stack, pods=given.pods, quick=given.quick)
        for file in given.replay:
            hit = corners.first(json.loads(file.read_text()))
            report(f"{file.name}: {'equal' if hit is None else f'differs at step {hit[0] + 1}: {hit[1]}'}")
            for line in told(hit[2]) if hit else ():
                report(f"    {line}")
        if not given.replay:
            tally = fuzz(corners, given.seconds, given.seed * 1_000_000, report, given.keep, pods=given.pods, shrink=given.shrink)
            report(f"{tally['cases']} cases, {tally['steps']} steps, {tally['differ']} differ, {tally['not again']} of these only once")


if __name__ == "__main__":
    main()
