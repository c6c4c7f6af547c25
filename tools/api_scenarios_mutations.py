"""Request sequences for MutatingAdmissionPolicies and their bindings. Data for `record_api.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import MERGE, Step
from api_scenarios_policies import API, DEPLOYMENTS, HERE, MAPS, PODS, config, rule, until


def policy(name: str, rules: Any, *mutations: Any, **spec: Any) -> Step:
    """Declare a policy; a text that begins with a bracket is a JSON patch, another one an apply configuration."""
    made = [
        {"patchType": "JSONPatch", "jsonPatch": {"expression": each}}
        if each.startswith("[")
        else {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": each}}
        for each in mutations
    ]
    match = {"resourceRules": rules, "namespaceSelector": HERE}
    body = {"metadata": {"name": name}, "spec": {"matchConstraints": match, "mutations": made, "reinvocationPolicy": "Never", **spec}}
    return {"method": "POST", "path": f"{API}/mutatingadmissionpolicies", "body": body}


def binding(name: str, policy_name: str = "", **spec: Any) -> Step:
    """Put a policy to work."""
    body = {"metadata": {"name": name}, "spec": {"policyName": policy_name or name, **spec}}
    return {"method": "POST", "path": f"{API}/mutatingadmissionpolicybindings", "body": body}


def gone(*names: str) -> Iterator[Step]:
    """Take policies and bindings of those names away, and wait."""
    for name in names:
        for plural in ("mutatingadmissionpolicies", "mutatingadmissionpolicybindings"):
            yield {"method": "DELETE", "path": f"{API}/{plural}/{name}", "mask": ["details"]}
    yield {**config("gone"), "pause": 2.5}


def pod(name: str, **meta: Any) -> Step:
    """A pod of two containers, not kept."""
    containers = [{"name": "a", "image": "a:1", "env": [{"name": "A", "value": "1"}]}, {"name": "b", "image": "b:1"}]
    return {
        "method": "POST",
        "path": PODS,
        "query": "dryRun=All",
        "body": {"metadata": {"name": name, **meta}, "spec": {"containers": containers}},
    }


def after(step: Step) -> Step:
    """Send it when the policy works."""
    return {**step, "pause": 2.5}


def configurations() -> Iterator[Step]:
    """Apply configurations over maps, keyed lists, sets and what is atomic."""
    cases = {
        "labels": "Object{metadata: Object.metadata{labels: {'made': 'yes', 'by': request.userInfo.username}}}",
        "sidecar": "Object{spec: Object.spec{containers: [Object.spec.containers{name: 'mesh', image: 'mesh:1'}]}}",
        "init": "Object{spec: Object.spec{initContainers: [Object.spec.initContainers{name: 'i', image: 'i:1', restartPolicy: 'Always'}]}}",
        "env": "Object{spec: Object.spec{containers: object.spec.containers.map(c, Object.spec.containers{name: c.name,"
        " env: [Object.spec.containers.env{name: 'A', value: '2'}, Object.spec.containers.env{name: 'B', value: c.image}]})}}",
        "fields": "Object{spec: Object.spec{terminationGracePeriodSeconds: 5, hostNetwork: false, dnsPolicy: 'Default',"
        " nodeSelector: {'a': 'b'}}}",
        "optional": "Object{spec: Object.spec{?priorityClassName: object.spec.?priorityClassName, terminationGracePeriodSeconds: 7}}",
        "empty": "Object{}",
        "tolerations": "Object{spec: Object.spec{tolerations: [Object.spec.tolerations{key: 'x', operator: 'Exists'}]}}",
        "unknown": "Object{spec: Object.spec{nonsense: 5}}",
        "wrong-type": "Object{spec: Object.spec{terminationGracePeriodSeconds: 'long'}}",
        "wrong-name": "Object{spec: Object.metadata{labels: {'a': 'b'}}}",
        "fails": "Object{metadata: Object.metadata{labels: {'a': object.spec.nothing}}}",
        "security": "Object{spec: Object.spec{securityContext: Object.spec.securityContext{runAsNonRoot: true, runAsUser: 1000}}}",
    }
    for name, text in cases.items():
        conditions = [{"name": "only", "expression": f"object.metadata.labels.case == '{name}'"}]
        yield policy(f"m-{name}", [rule("pods")], text, matchConditions=conditions)
        yield binding(f"m-{name}")
    for index, name in enumerate(cases):
        step = pod(f"p-{name}", labels={"case": name})
        yield after(step) if index == 0 else step
    yield from gone(*(f"m-{name}" for name in cases))


def patches() -> Iterator[Step]:
    """JSON patches, and their failures under both policies."""
    cases = {
        "add": "[JSONPatch{op: 'add', path: '/data/made', value: 'yes'}]",
        "label": "[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('example.com/x~y'), value: 'yes'}]",
        "several": "[JSONPatch{op: 'test', path: '/data/a', value: '1'}, JSONPatch{op: 'replace', path: '/data/a', value: '2'},"
        " JSONPatch{op: 'copy', from: '/data/a', path: '/data/b'}, JSONPatch{op: 'remove', path: '/data/c'}]",
        "test": "[JSONPatch{op: 'test', path: '/data/a', value: 'other'}, JSONPatch{op: 'remove', path: '/data'}]",
        "map": "[JSONPatch{op: 'add', path: '/data', value: {'x': 'y', 'n': string(object.data.a)}}]",
        "object": "[JSONPatch{op: 'add', path: '/metadata/annotations', value: Object.metadata.annotations{a: 'b'}}]",
        "none": "object.data.a == '1' ? [] : [JSONPatch{op: 'remove', path: '/data'}]",
        "missing": "[JSONPatch{op: 'remove', path: '/data/nothing/here'}]",
        "number": "[JSONPatch{op: 'add', path: '/data/made', value: 5}]",
        "fails": "[JSONPatch{op: 'add', path: '/data/made', value: object.data.nothing}]",
        "unknown": "[JSONPatch{op: 'add', path: '/nonsense', value: 'x'}]",
        "kind": "[JSONPatch{op: 'hop', path: '/data/made', value: 'x'}]",
    }
    for failure in ("Fail", "Ignore"):
        names = []
        for name, text in cases.items():
            conditions = [{"name": "only", "expression": f"has(object.metadata.labels) && object.metadata.labels.case == '{name}'"}]
            names.append(f"j-{name}-{failure.lower()}")
            yield _patch(names[-1], text, conditions, failure)
            yield binding(names[-1])
        for index, name in enumerate(cases):
            step = config(f"c-{name}", labels={"case": name}, data={"a": "1", "c": "3"})
            yield after(step) if index == 0 else step
        yield from gone(*names)


def _patch(name: str, text: str, conditions: Any, failure: str) -> Step:
    step = policy(name, [rule()], "[", matchConditions=conditions, failurePolicy=failure)
    step["body"]["spec"]["mutations"][0]["jsonPatch"]["expression"] = text
    return step


def works() -> Iterator[Step]:
    """Parameters, variables, several mutations and policies, updates, parts of objects, a second look."""
    yield config("settings", "", data={"team": "core"})
    yield policy(
        "w-one",
        [rule(), rule("deployments", group="apps"), rule("deployments/scale", group="apps")],
        "Object{metadata: Object.metadata{labels: {'team': string(params.data.team), 'count': string(variables.size)}}}",
        "Object{metadata: Object.metadata{annotations: {'was': object.metadata.labels.team}}}",
        paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
        variables=[{"name": "size", "expression": "has(object.data) ? size(object.data) : 0"}],
    )
    yield binding("w-one", paramRef={"name": "settings", "parameterNotFoundAction": "Deny"})
    yield after(config("c-1", "", data={"a": "1"}))
    yield {"method": "PATCH", "path": f"{MAPS}/c-1", "type": MERGE, "body": {"data": {"b": "2"}}}
    yield {"method": "PATCH", "path": f"{MAPS}/c-1", "type": MERGE, "body": {"metadata": {"labels": None}}}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "a:1"}]}}
    body = {"metadata": {"name": "web"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}}
    yield {"method": "POST", "path": DEPLOYMENTS, "body": body}
    yield {"method": "DELETE", "path": f"{DEPLOYMENTS}/web"}
    yield {"method": "DELETE", "path": f"{MAPS}/settings"}
    yield {**until(config("c-2"), 403), "pause": 1}
    yield from gone("w-one")
    yield policy("w-list", [rule()], "Object{metadata: Object.metadata{labels: {'hook': 'here'}}}", reinvocationPolicy="IfNeeded")
    yield binding("w-list")
    yield policy(
        "w-second", [rule()], "[JSONPatch{op: 'add', path: '/data', value: {'seen': has(object.metadata.labels) ? 'labels' : 'none'}}]"
    )
    yield binding("w-second", matchResources={"objectSelector": {"matchLabels": {"second": "yes"}}})
    yield after(config("c-3"))
    yield config("c-4", labels={"second": "yes"})
    yield from gone("w-list", "w-second")


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """All sequences by name."""
    yield "mutation-configurations", list(configurations())
    yield "mutation-patches", list(patches())
    yield "mutation-works", list(works())
