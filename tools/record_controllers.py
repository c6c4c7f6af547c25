"""Record what the real controllers make of the scenarios in tests/recorded/controllers/scenarios.yaml.

    python tools/record_controllers.py scenarios KUBECONFIG [NAME…]     one file of states per scenario
    python tools/record_controllers.py types GO_MODULE_DIRECTORY        the Go types behind a pod template, as a table

KUBECONFIG is that of a fresh control plane 1.36 with scheduler, one node `node-0` and kwok, with a bearer token. The test replays the
scenarios on the embedded cluster; both go through `state_of`, which masks what differs between any two runs: uids, times, versions,
addresses, random parts of names. What kwok and the embedded kubelet write about running pods is left out: they are not meant to be equal.
"""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent.parent / "tests" / "recorded" / "controllers"
NAMESPACE = "default"
GROUPS = {
    "deployments": "/apis/apps/v1", "replicasets": "/apis/apps/v1", "statefulsets": "/apis/apps/v1", "daemonsets": "/apis/apps/v1",
    "controllerrevisions": "/apis/apps/v1", "jobs": "/apis/batch/v1", "cronjobs": "/apis/batch/v1", "pods": "/api/v1",
    "services": "/api/v1", "replicationcontrollers": "/api/v1",
    "endpoints": "/api/v1", "endpointslices": "/apis/discovery.k8s.io/v1", "poddisruptionbudgets": "/apis/policy/v1",
    "horizontalpodautoscalers": "/apis/autoscaling/v2", "persistentvolumeclaims": "/api/v1", "configmaps": "/api/v1",
    "serviceaccounts": "/api/v1", "events": "/api/v1",
}  # fmt: skip
CLUSTER_WIDE = {"persistentvolumes": "/api/v1", "namespaces": "/api/v1", "customresourcedefinitions": "/apis/apiextensions.k8s.io/v1"}
CONTENT = {"merge": "application/merge-patch+json", "strategic": "application/strategic-merge-patch+json", "json": "application/json"}
TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"
LEFT_OUT = {"kubernetes", "kube-root-ca.crt"}
NOT_CONTROLLERS = {"kubelet", "kwok", "kubernetes-kwok", "default-scheduler", "node-controller", "taint-eviction-controller"}
LOST_RACE = "the object has been modified; please apply your changes to the latest version and try again"
"""What controllers complain of when another was quicker: by chance."""

Call = Callable[[str, str, Any, str], tuple[int, Any]]


def request_of(step: dict[str, Any]) -> tuple[str, str, Any, str]:
    """Method, path, body and content type of a step."""
    verb = next(word for word in ("post", "patch", "put", "delete") if word in step)
    path = step[verb]
    if not path.startswith("/"):
        path = f"{GROUPS[path.partition('/')[0]]}/namespaces/{NAMESPACE}/{path}"
    return verb.upper(), path, step["body"], CONTENT[step.get("as", "json")]


def state_of(call: Call) -> list[Any]:
    """All objects that controllers work on, masked and sorted."""
    found = []
    for plural, prefix in (GROUPS | CLUSTER_WIDE).items():
        status, answer = call("GET", f"{prefix}/{plural}", None, "application/json")
        if status != 200:
            raise SystemExit(f"{prefix}/{plural}: {answer}")
        for item in answer["items"]:
            space, name = item["metadata"].get("namespace", ""), item["metadata"]["name"]
            if space.startswith("kube-") or name.startswith("kube-") or name in LEFT_OUT or (plural == "namespaces" and name == NAMESPACE):
                continue
            found.append({"plural": plural, **item})
    return mask(found)


def mask(found: list[Any]) -> list[Any]:
    """The same for any two runs of the same history."""
    uids = {item["metadata"]["uid"]: f"uid of {item['plural']}" for item in found}
    names = {item["metadata"]["name"]: item["metadata"]["generateName"] + "*" for item in found if _is_random(item)}
    reduced = [_reduced(item) for item in found if _tells(item)]
    texts = sorted({_masked_text(json.dumps(item, sort_keys=True), uids, names) for item in reduced if item["plural"] == "events"})
    texts += sorted(_masked_text(json.dumps(item, sort_keys=True), uids, names) for item in reduced if item["plural"] != "events")
    return [json.loads(text) for text in texts]


def _is_random(item: dict[str, Any]) -> bool:
    metadata = item["metadata"]
    prefix = metadata.get("generateName", "")
    return bool(prefix) and re.fullmatch(re.escape(prefix) + "[a-z0-9]{5}", metadata["name"]) is not None


def _tells(item: dict[str, Any]) -> bool:
    if item["plural"] != "events":
        return True
    by_chance = LOST_RACE in item["message"]
    return not by_chance and (item.get("reportingComponent") or item["source"].get("component")) not in NOT_CONTROLLERS


def _reduced(item: dict[str, Any]) -> dict[str, Any]:
    if item["plural"] == "events":
        about = item["involvedObject"]
        keep = {name: item[name] for name in ("reason", "message", "type", "source")}
        return {"plural": "events", "about": f"{about['kind']}/{about['name']}", **keep}
    metadata = {name: value for name, value in item["metadata"].items() if name not in ("resourceVersion", "uid")}
    reduced = {**item, "metadata": metadata}
    entries = [{key: value for key, value in entry.items() if key != "time"} for entry in metadata.get("managedFields", ())]
    if item["plural"] == "pods":
        reduced["status"] = {"phase": item["status"].get("phase")}
        entries = [entry for entry in entries if entry["manager"] not in ("kwok", "kubelet", "kube-scheduler")]
    metadata["managedFields"] = [entry for entry in entries if not entry["manager"].startswith("Python") and entry["manager"] != "recorder"]
    if item["plural"] in ("endpoints", "endpointslices"):
        _forget_trigger(metadata)
        _sort_addresses(reduced)
    return reduced


def _forget_trigger(metadata: dict[str, Any]) -> None:
    """How many writes there were, and which was the last, depends on how quickly pods came: generation and trigger time."""
    metadata.pop("generation", None)
    metadata["annotations"] = {name: value for name, value in (metadata.get("annotations") or {}).items() if name != TRIGGER}
    text = json.dumps(metadata["managedFields"], sort_keys=True)
    metadata["managedFields"] = json.loads(text.replace(f'"f:annotations": {{".": {{}}, "f:{TRIGGER}": {{}}}}, ', ""))


def _sort_addresses(item: dict[str, Any]) -> None:
    """Addresses come in the order of the addresses themselves, which no two runs share."""
    lists = [item, *list(item.get("subsets") or ())]
    for holder in lists:
        for part in ("addresses", "notReadyAddresses", "endpoints"):
            if holder.get(part):
                holder[part] = sorted(holder[part], key=lambda entry: (entry.get("targetRef") or {"name": json.dumps(entry)})["name"])


def _masked_text(text: str, uids: dict[str, str], names: dict[str, str]) -> str:
    for uid, name in uids.items():
        text = text.replace(uid, name)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "uid of something gone", text)
    for name, masked in names.items():
        text = re.sub(rf"\b{re.escape(name)}\b", masked, text)
    text = re.sub(r"\b([a-z0-9][a-z0-9-]*-)[bcdfghjklmnpqrstvwxz2456789]{5}\b(?=[\" ])", r"\1*", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME", text)
    text = re.sub(r"\b10\.(\d+)\.\d+\.\d+\b", r"10.x", text)
    return re.sub(r'"resourceVersion": "\d+"', '"resourceVersion": "N"', text)


def caller(kubeconfig: Path) -> Call:
    """Requests to the server of a kubeconfig with a token."""
    config = yaml.safe_load(kubeconfig.read_text())
    base, token = config["clusters"][0]["cluster"]["server"], config["users"][0]["user"]["token"]
    context = ssl._create_unverified_context()

    def call(method: str, path: str, body: Any, content_type: str) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type, "User-Agent": "recorder"}
        request = urllib.request.Request(base + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, context=context) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    return call


def wait_until_quiet(call: Call, quiet: float, limit: float = 150.0) -> list[Any]:
    """The state once it has not changed for so many seconds; the node's heart is kept beating meanwhile."""
    begun = since = time.monotonic()
    state = state_of(call)
    while time.monotonic() - since < quiet and time.monotonic() - begun < limit:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        ready = {"type": "Ready", "status": "True", "lastHeartbeatTime": stamp, "reason": "KubeletReady", "message": "beat"}
        call("PATCH", "/api/v1/nodes/node-0/status", {"status": {"conditions": [ready]}}, CONTENT["strategic"])
        time.sleep(0.5)
        now = state_of(call)
        if now != state:
            state, since = now, time.monotonic()
    return state


def clean(call: Call) -> None:
    """Remove what a scenario left."""
    for plural, prefix in GROUPS.items():
        if plural not in ("services", "configmaps", "serviceaccounts", "endpoints", "endpointslices"):
            call("DELETE", f"{prefix}/namespaces/{NAMESPACE}/{plural}", {"propagationPolicy": "Background"}, "application/json")
    for name in ("web", "db"):
        call("DELETE", f"/api/v1/namespaces/{NAMESPACE}/services/{name}", {}, "application/json")
    call("DELETE", "/api/v1/persistentvolumes", {}, "application/json")
    wait_until_quiet(call, 3)
    call("DELETE", f"/api/v1/namespaces/{NAMESPACE}/events", {}, "application/json")


def scenarios(names: list[str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The scenarios of the file, all of them or those named."""
    for name, steps in yaml.safe_load((HERE / "scenarios.yaml").read_text()).items():
        if not names or name in names:
            yield name, steps


def record(kubeconfig: Path, names: list[str]) -> None:
    """Play every scenario on the real cluster and write down the states."""
    call = caller(kubeconfig)
    for name, steps in scenarios(names):
        clean(call)
        states = []
        for step in steps:
            method, path, body, content_type = request_of(step)
            status, answer = call(method, path, body, content_type)
            if status >= 300:
                raise SystemExit(f"{name}: {method} {path}: {answer}")
            states.append(wait_until_quiet(call, step.get("quiet", 4)))
        (HERE / f"{name}.json").write_text("[\n" + ",\n".join(json.dumps(state, separators=(",", ":")) for state in states) + "\n]\n")
        print(name, [len(state) for state in states], flush=True)


GO_TYPES = """
package main

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	v1 "k8s.io/api/core/v1"
)

var seen = map[string]string{}

func describe(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + describe(t.Elem())
	case reflect.Slice:
		return "[]" + describe(t.Elem())
	case reflect.Map:
		return "map[" + t.Key().String() + "|" + describe(t.Elem())
	case reflect.Struct:
		walk(t)
		return "{" + t.String()
	}
	if t.String() == t.Kind().String() {
		return t.String()
	}
	return t.String() + "=" + t.Kind().String()
}

func walk(t reflect.Type) {
	_, known := seen[t.String()]
	if known || t.PkgPath() == "time" || strings.HasPrefix(t.String(), "resource.") || strings.HasPrefix(t.String(), "intstr.") {
		return
	}
	seen[t.String()] = ""
	text := ""
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		name := strings.Split(field.Tag.Get("json"), ",")[0]
		if field.Anonymous && name == "" {
			name = "+"
		} else if name == strings.ToLower(field.Name[:1])+field.Name[1:] {
			name = ""
		}
		text += " " + field.Name + ":" + name + ":" + describe(field.Type)
	}
	seen[t.String()] = text
}

func main() {
	walk(reflect.TypeOf(v1.PodTemplateSpec{}))
	var names []string
	for name := range seen {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Println(name + seen[name])
	}
}
"""


def types(directory: Path) -> None:
    """Print the table of `controllers/podtypes.py`; the directory holds a Go module that requires k8s.io/api."""
    program = directory / "main.go"
    program.write_text(GO_TYPES)
    subprocess.run(["go", "run", "."], cwd=directory, check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["scenarios"]:
        record(Path(sys.argv[2]), sys.argv[3:])
    elif sys.argv[1:2] == ["types"]:
        types(Path(sys.argv[2]))
    else:
        raise SystemExit(__doc__)
