"""Run the scenarios of the profiles with the real engines on a real API server; store the states they leave.

    python tools/record_profiles.py --argocd DRIVER --flux DRIVER [--only NAME]

The second is tools/record_profiles_flux.go, built likewise with helm.sh/helm/v4 and github.com/fluxcd/pkg/ssa; it sets what
helm-controller sets. The first is tools/record_profiles_argocd.go, built under the name `drv` in a module of its own that requires
github.com/argoproj/argo-cd/gitops-engine.
Charts are rendered by the real helm, and marked with the application's name as Argo CD's repo server does it. The real
programs are found as the tests find them (tests/oracle.py).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "release")]

import oracle  # noqa: E402
import profile_scenarios  # noqa: E402
import scenarios  # noqa: E402

from pytest_helmsim.client.client import Client  # noqa: E402
from pytest_helmsim.objects.clock import RealClock  # noqa: E402

SYNCED = (
    "/v1/ConfigMap", "/v1/Secret", "/v1/Service", "/v1/ServiceAccount", "apps/v1/Deployment", "rbac.authorization.k8s.io/v1/Role",
    "apiextensions.k8s.io/v1/CustomResourceDefinition", "example.com/v1/Widget",
)  # fmt: skip


def render(charts: Path, namespace: str, values: Any) -> list[dict[str, Any]]:
    """What Argo CD has of a chart: Helm's manifests, marked."""
    file = charts / "values-of-step.yaml"
    file.write_text(json.dumps(values or {}))
    words = [
        oracle.binary("helm"),
        "template",
        "app",
        str(charts / "app"),
        "--namespace",
        namespace,
        "--include-crds",
        "--values",
        str(file),
    ]
    text = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    objects = [each for each in yaml.safe_load_all(text) if each]
    for obj in objects:
        if obj["kind"] != "CustomResourceDefinition":
            group = obj["apiVersion"].rpartition("/")[0]
            mark = f"app:{group}/{obj['kind']}:{namespace}/{obj['metadata']['name']}"
            obj["metadata"]["annotations"] = {**(obj["metadata"].get("annotations") or {}), "argocd.argoproj.io/tracking-id": mark}
    return objects


def argocd(driver: str, name: str, client: Client, kubeconfig: str) -> list[dict[str, Any]]:
    """One scenario."""
    body = profile_scenarios.ARGOCD[name]
    place = profile_scenarios.scenario(name, "argocd", body["chart"])
    scenarios.clean(client, place)
    scenarios.await_gone(client, place)
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place.namespace}})
    before: dict[str, Any] = {}
    history = []
    with scenarios.temporary_charts(place) as charts:
        for step in body["steps"]:
            entry: dict[str, Any] = {}
            if "drift" in step:
                scenarios.drift(client, place, step["drift"])
            else:
                sync = step["sync"]
                targets = render(Path(charts), place.namespace, sync.get("values"))
                given = {"name": "app", "namespace": place.namespace, "targets": targets, "kinds": SYNCED, "options": sync["options"]}
                done = subprocess.run(
                    [driver],
                    input=json.dumps(given),
                    capture_output=True,
                    text=True,
                    check=True,
                    env={**os.environ, "KUBECONFIG": kubeconfig},
                )
                answer = json.loads(done.stdout)
                entry = {"phase": answer["phase"], "message": scenarios.mask_text(answer["message"], place), "results": answer["results"]}
            after = profile_scenarios.snapshot(client, place)
            history.append({**entry, "changes": profile_scenarios.changes(before, after)})
            before = after
    scenarios.clean(client, place)
    return history


def flux(driver: str, name: str, client: Client, kubeconfig: str) -> list[dict[str, Any]]:
    """One scenario."""
    body = profile_scenarios.FLUX[name]
    place = profile_scenarios.scenario(name, "flux", body["chart"])
    scenarios.clean(client, place)
    scenarios.await_gone(client, place)
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place.namespace}})
    before: dict[str, Any] = {}
    history = []
    with scenarios.temporary_charts(place) as charts:
        for step in body["steps"]:
            ((action, options),) = step.items()
            entry: dict[str, Any] = {}
            if action == "drift":
                scenarios.drift(client, place, options)
            else:
                given = {"action": action, "name": "app", "namespace": place.namespace, "chart": f"{charts}/app", **options}
                environment = {**os.environ, "KUBECONFIG": kubeconfig, "HOME": str(charts)}
                done = subprocess.run([driver], input=json.dumps(given), capture_output=True, text=True, check=True, env=environment)
                entry = json.loads(scenarios.mask_text(done.stdout, place))
            after = profile_scenarios.snapshot(client, place)
            after.pop("order")
            history.append({**entry, "changes": profile_scenarios.changes(before, after)})
            before = after
    scenarios.clean(client, place)
    return history


def named(history: Any) -> Any:
    """With the field manager that Argo CD's program has by its name, where the driver's stands."""
    for step in history:
        for value in step["changes"].values():
            if isinstance(value, dict) and "owners" in value:
                lines = (each.replace(f"{DRIVER} Update", "argocd-application-controller Update") for each in value["owners"])
                value["owners"] = sorted(lines)
    return history


DRIVER = "drv"


def main() -> None:
    """Record all, or what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--argocd")
    parser.add_argument("--flux")
    parser.add_argument("--only", action="append")
    arguments = parser.parse_args()
    with oracle.control_plane() as kubeconfig:
        client = Client(oracle.connect(kubeconfig), RealClock())
        for profile, driver, run, names in (
            ("argocd", arguments.argocd, argocd, profile_scenarios.ARGOCD),
            ("flux", arguments.flux, flux, profile_scenarios.FLUX),
        ):
            file = profile_scenarios.RECORDED / f"{profile}.json"
            recorded = json.loads(file.read_text()) if file.exists() else {}
            for name in (arguments.only or names) if driver else ():
                recorded[name] = named(run(driver, name, client, kubeconfig))
                sys.stdout.write(f"{name}: {[each.get('phase') or each.get('error') or '' for each in recorded[name]]}\n")
                sys.stdout.flush()
                rows = ",\n".join(f" {json.dumps(key)}: {json.dumps(recorded[key], sort_keys=True)}" for key in sorted(recorded))
                file.write_text(f"{{\n{rows}\n}}\n")


if __name__ == "__main__":
    main()
