# ruff: noqa: E501
"""Request sequences for ValidatingAdmissionPolicies and their bindings. Data for `record_api.py`.

A policy works some moments after it was declared: a request that must be refused is sent until it is (`retry`), others wait (`pause`).
Every policy is held to the namespace of its sequence, so that sequences do not meet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import APPLY, MERGE, STRATEGIC, Step

API = "/apis/admissionregistration.k8s.io/v1"
MAPS, PODS = "/api/v1/namespaces/{ns}/configmaps", "/api/v1/namespaces/{ns}/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{ns}/deployments"
HERE = {"matchLabels": {"kubernetes.io/metadata.name": "{ns}"}}


def rule(resources: str = "configmaps", operations: Any = ("CREATE", "UPDATE"), group: str = "", version: str = "v1", **more: Any) -> Any:
    """Which writes a policy sees."""
    return {"apiGroups": [group], "apiVersions": [version], "operations": list(operations), "resources": [resources], **more}


def policy(name: str, rules: Any, *validations: Any, constraints: Any = None, **spec: Any) -> Step:
    """Declare a policy; a text is a validation with nothing but its expression."""
    checks = [{"expression": each} if isinstance(each, str) else each for each in validations]
    match = {"resourceRules": rules, "namespaceSelector": HERE, **(constraints or {})}
    body = {"metadata": {"name": name}, "spec": {"matchConstraints": match, "validations": checks, **spec}}
    return {"method": "POST", "path": f"{API}/validatingadmissionpolicies", "body": body}


def binding(name: str, *actions: str, policy_name: str = "", **spec: Any) -> Step:
    """Put a policy to work."""
    body = {"metadata": {"name": name}, "spec": {"policyName": policy_name or name, "validationActions": actions or ["Deny"], **spec}}
    return {"method": "POST", "path": f"{API}/validatingadmissionpolicybindings", "body": body}


def gone(*names: str) -> Iterator[Step]:
    """Take policies and bindings of those names away."""
    for name in names:
        for plural in ("validatingadmissionpolicies", "validatingadmissionpolicybindings"):
            yield {"method": "DELETE", "path": f"{API}/{plural}/{name}", "mask": ["details"]}


def config(name: str, query: str = "dryRun=All", **body: Any) -> Step:
    """A ConfigMap, by default not kept."""
    labels = body.pop("labels", None)
    meta = {"name": name, **({"labels": labels} if labels else {})}
    return {"method": "POST", "path": MAPS, "query": query, "body": {"metadata": meta, **body}}


def until(step: Step, status: int) -> Step:
    """Send it until that is the answer."""
    return {**step, "retry": status}


def verdicts() -> Iterator[Step]:
    """Messages, reasons, actions, several validations."""
    yield policy(
        "p-verdicts",
        [rule()],
        {"expression": "!has(object.data) || !('deny' in object.data)", "message": "  no deny  "},
        {"expression": "!has(object.data) || !('forbid' in object.data)", "reason": "Forbidden"},
        {"expression": "!has(object.data) || !('login' in object.data)", "reason": "Invalid", "message": "who are you"},
        {
            "expression": "!has(object.data) || !('big' in object.data)",
            "reason": "RequestEntityTooLarge",
            "messageExpression": "'big ' + object.data.big",
        },
        {"expression": "!has(object.data) || !('lines' in object.data)", "message": "one line", "messageExpression": "'a\\nb'"},
        {
            "expression": "!has(object.data) || !('broken' in object.data)",
            "message": "fallback",
            "messageExpression": "string(object.data.nothing)",
        },
        {"expression": "!has(object.data) || !('empty' in object.data)", "messageExpression": "' '"},
        "\n  !has(object.data) ||\n  !('plain' in object.data)\n",
    )
    yield binding("p-verdicts", "Deny")
    yield until(config("wait", data={"deny": "x"}), 422)
    for key in ("deny", "forbid", "login", "big", "lines", "broken", "empty", "plain", "fine"):
        yield config(f"c-{key}", data={key: "x"})
    yield config("two", data={"plain": "x", "forbid": "y", "deny": "z"})
    body = {"metadata": {"generateName": "gen-"}, "data": {"forbid": "1"}}
    yield {"method": "POST", "path": MAPS, "body": body, "query": "dryRun=All", "mask": ["message", "details"]}
    yield binding("p-verdicts-warn", "Warn", "Audit", policy_name="p-verdicts")
    yield {**config("c-warn", data={"plain": "x", "forbid": "y"}), "pause": 3}
    yield {"method": "DELETE", "path": f"{API}/validatingadmissionpolicybindings/p-verdicts", "mask": ["details"]}
    yield until(config("wait", data={"deny": "x"}), 201)
    yield config("c-only-warned", "", data={"plain": "x", "forbid": "y"})
    yield {"method": "PATCH", "path": f"{MAPS}/c-only-warned", "type": MERGE, "body": {"data": {"more": "1"}}}
    yield {"method": "PATCH", "path": f"{MAPS}/c-only-warned", "type": MERGE, "body": {}}
    yield from gone("p-verdicts", "p-verdicts-warn")


def failures() -> Iterator[Step]:
    """Expressions that fail, match conditions, and what `Ignore` makes of both."""
    for failure in ("Fail", "Ignore"):
        name = f"p-failures-{failure.lower()}"
        yield policy(
            name,
            [rule()],
            {"expression": "object.data.a == '1'", "message": "a is not 1"},
            {"expression": "size(object.metadata.labels) > 0 || object.data.b == 'x'", "message": "labels"},
            {"expression": "variables.number < 10", "message": "number"},
            failurePolicy=failure,
            variables=[
                {
                    "name": "text",
                    "expression": "'lost' in object.data ? object.data.number : 'number' in object.data ? object.data.number : '0'",
                },
                {"name": "number", "expression": "int(variables.text)"},
            ],
            matchConditions=[
                {"name": "not-skipped", "expression": "!has(object.metadata.labels) || !('skip' in object.metadata.labels)"},
                {"name": "cond", "expression": "object.data.cond != 'no'"},
                {"name": "who", "expression": "request.userInfo.username == 'admin'"},
            ],
        )
        yield binding(name)
        yield {**until(config("wait", data={"cond": "yes", "a": "2"}), 422), "pause": 2}
        for index, (data, labels) in enumerate(
            (
                (None, None),
                ({"cond": "yes"}, None),
                ({"cond": "yes", "a": "1"}, None),
                ({"cond": "yes", "a": "1"}, {"x": "y"}),
                ({"cond": "yes", "a": "1", "number": "11"}, {"x": "y"}),
                ({"cond": "yes", "a": "1", "lost": "1"}, {"x": "y"}),
                ({"cond": "no"}, None),
                ({"a": "2"}, {"skip": "1"}),
                (None, {"skip": "1"}),
                ({"cond": "yes", "b": "y", "a": "2"}, None),
            )
        ):
            yield config(f"f-{index}", **({"data": data} if data else {}), **({"labels": labels} if labels else {}))
        yield from gone(name)
        yield until(config("wait", data={"cond": "yes", "a": "2"}), 201)


def parameters() -> Iterator[Step]:
    """Parameters by name, by selector, in another namespace, missing."""
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}
    expression = "!has(object.data) || int(object.data.size) <= int(params.data.max)"
    message = "'size ' + object.data.size + ' is over ' + params.data.max + ' of ' + params.metadata.name"
    yield config("limit", "", data={"max": "5"}, labels={"limit": "a"})
    yield config("limit-2", "", data={"max": "3"}, labels={"limit": "a"})
    yield policy("p-params", [rule()], {"expression": expression, "messageExpression": message}, paramKind=kind)
    yield binding("p-params", paramRef={"name": "limit", "parameterNotFoundAction": "Deny"})
    yield until(config("wait", data={"size": "9"}), 422)
    for size in ("4", "6"):
        yield config(f"s-{size}", data={"size": size})
    yield from gone("p-params")
    yield until(config("wait", data={"size": "9"}), 201)
    yield policy("p-missing", [rule()], {"expression": expression, "messageExpression": message}, paramKind=kind)
    yield binding("p-missing", paramRef={"name": "nothing", "parameterNotFoundAction": "Deny"})
    yield until(config("wait", data={"size": "9"}), 422)
    yield binding("p-missing-2", policy_name="p-missing", paramRef={"name": "nothing", "parameterNotFoundAction": "Allow"})
    yield {**config("s-1", data={"size": "1"}), "pause": 3}
    yield from gone("p-missing", "p-missing-2")
    yield until(config("wait", data={"size": "9"}), 201)
    yield policy("p-selected", [rule()], {"expression": expression, "messageExpression": "'over ' + params.data.max"}, paramKind=kind)
    yield binding(
        "p-selected", paramRef={"selector": {"matchLabels": {"limit": "a"}}, "namespace": "{ns}", "parameterNotFoundAction": "Deny"}
    )
    yield until(config("wait", data={"size": "9"}), 422)
    for size in ("2", "4"):
        yield config(f"s-{size}", data={"size": size})
    yield from gone("p-selected")
    yield until(config("wait", data={"size": "9"}), 201)
    yield policy("p-unused", [rule()], "params == null", paramKind=kind)
    yield binding("p-unused")
    yield {**config("s-3", data={"size": "3"}), "pause": 3}
    yield from gone("p-unused")
    unknown = {"apiVersion": "example.com/v1", "kind": "Nothing"}
    yield policy("p-unknown", [rule()], "params.a == 1", paramKind=unknown)
    yield binding("p-unknown", paramRef={"name": "a", "parameterNotFoundAction": "Deny"})
    yield until(config("wait", data={"size": "9"}), 422)
    yield from gone("p-unknown")
    yield until(config("wait", data={"size": "9"}), 201)


def matches() -> Iterator[Step]:
    """Rules, excluded rules, names, selectors of objects, bindings that narrow, versions, scopes, subresources."""
    yield policy(
        "p-matches",
        [rule("*", ("*",))],
        "false",
        constraints={
            "excludeResourceRules": [rule("configmaps", resourceNames=["free"]), rule("pods/*", ("*",)), rule("secrets", ("*",))],
            "objectSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["free"]}]},
        },
    )
    yield binding("p-matches", matchResources={"objectSelector": {"matchLabels": {"bound": "yes"}}})
    bound = {"bound": "yes"}
    yield until(config("wait", labels=bound), 422)
    yield config("free", labels=bound)
    yield config("unbound")
    yield config("c-app", labels={**bound, "app": "free"})
    yield {
        "method": "POST",
        "path": "/api/v1/namespaces/{ns}/secrets",
        "body": {"metadata": {"name": "s", "labels": bound}},
        "query": "dryRun=All",
    }
    account = {"metadata": {"name": "a", "labels": bound}}
    yield {"method": "POST", "path": "/api/v1/namespaces/{ns}/serviceaccounts", "body": account, "query": "dryRun=All"}
    yield config("kept", "")
    yield {"method": "PATCH", "path": f"{MAPS}/kept", "type": MERGE, "body": {"metadata": {"labels": bound}}}
    yield from gone("p-matches")
    yield until(config("wait", labels=bound), 201)
    yield {"method": "PATCH", "path": f"{MAPS}/kept", "type": MERGE, "body": {"metadata": {"labels": bound}}}
    scaler = {
        "metadata": {"name": "h"},
        "spec": {"maxReplicas": 5, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    }
    v2, v1 = (f"/apis/autoscaling/{version}/namespaces/{{ns}}/horizontalpodautoscalers" for version in ("v2", "v1"))
    for match in ("Exact", "Equivalent"):
        name = f"p-{match.lower()}"
        yield policy(
            name,
            [rule("horizontalpodautoscalers", ("*",), "autoscaling", "v1")],
            {
                "expression": "has(object.spec.metrics)",
                "messageExpression": "object.apiVersion + ' ' + request.requestKind.version + ' ' + request.kind.version",
            },
            constraints={"matchPolicy": match},
        )
        yield binding(name)
        yield until({"method": "POST", "path": v1, "body": scaler, "query": "dryRun=All"}, 422)
        yield {"method": "POST", "path": v2, "body": scaler, "query": "dryRun=All"}
        yield from gone(name)
        yield until({"method": "POST", "path": v1, "body": scaler, "query": "dryRun=All"}, 201)


def requests() -> Iterator[Step]:
    """What `request`, `oldObject`, `namespaceObject` and `authorizer` say for every operation."""
    told = (
        "request.operation + ' ' + request.name + ' in ' + request.namespace + ' of ' + request.resource.resource"
        " + (has(request.subResource) ? '/' + request.subResource : '') + ' kind ' + request.kind.group + '/' + request.kind.kind"
        " + ' by ' + request.userInfo.username + ' ' + request.userInfo.groups.join(',') + ' dry ' + string(request.dryRun)"
        " + ' old ' + string(oldObject != null) + ' new ' + string(object != null)"
        " + ' ns ' + namespaceObject.metadata.name + ' ' + string(has(namespaceObject.status.phase))"
    )
    rules = [
        rule("configmaps", ("*",)),
        rule("pods", ("*",)),
        rule("deployments/scale", ("*",), "apps"),
        rule("pods/ephemeralcontainers", ("*",)),
    ]
    yield config("kept", "", data={"a": "1"})
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "a:1"}]}}
    body = {"metadata": {"name": "web"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}}
    yield {"method": "POST", "path": DEPLOYMENTS, "body": body}
    yield {"method": "POST", "path": PODS, "body": {"metadata": {"name": "p"}, "spec": template["spec"]}}
    yield policy("p-requests", rules, {"expression": "false", "messageExpression": told})
    yield binding("p-requests")
    yield until(config("wait"), 422)
    yield config("new", "")
    yield config("new", "fieldManager=me&fieldValidation=Strict")
    yield {"method": "PUT", "path": f"{MAPS}/kept", "body": {"metadata": {"name": "kept"}, "data": {"a": "2"}}}
    yield {"method": "PATCH", "path": f"{MAPS}/kept", "type": MERGE, "query": "dryRun=All", "body": {"data": {"a": "2"}}}
    yield {"method": "PATCH", "path": f"{MAPS}/kept", "type": MERGE, "body": {}}
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}, "data": {"a": "3"}}
    yield {"method": "PATCH", "path": f"{MAPS}/kept", "type": APPLY, "query": "fieldManager=x&force=true", "body": applied}
    applied = {**applied, "metadata": {"name": "applied"}}
    yield {"method": "PATCH", "path": f"{MAPS}/applied", "type": APPLY, "query": "fieldManager=x", "body": applied}
    yield {"method": "DELETE", "path": f"{MAPS}/kept"}
    yield {"method": "DELETE", "path": f"{MAPS}/kept", "body": {"propagationPolicy": "Foreground", "dryRun": ["All"]}}
    yield {"method": "DELETE", "path": MAPS}
    yield {"method": "PATCH", "path": f"{DEPLOYMENTS}/web/scale", "type": MERGE, "body": {"spec": {"replicas": 3}}}
    yield {"method": "PATCH", "path": f"{DEPLOYMENTS}/web", "type": MERGE, "body": {"spec": {"replicas": 2}}}
    debug = {"spec": {"ephemeralContainers": [{"name": "e", "image": "a:1"}]}}
    yield {"method": "PATCH", "path": f"{PODS}/p/ephemeralcontainers", "type": STRATEGIC, "body": debug}
    yield {"method": "PATCH", "path": f"{PODS}/p/status", "type": MERGE, "body": {"status": {"phase": "Running"}}}
    yield {"method": "DELETE", "path": f"{PODS}/p", "query": "gracePeriodSeconds=0"}
    yield from gone("p-requests")
    yield until(config("wait"), 201)
    yield policy(
        "p-values",
        [rule("configmaps", ("*",)), rule("deployments", ("*",), "apps")],
        {
            "expression": "!has(object.data) || !('user' in object.data) || authorizer.group('apps').resource('deployments').namespace('x').check('create').allowed()",
            "message": "may not create deployments",
        },
        {"expression": "authorizer.requestResource.check('update').allowed()", "message": "may not update"},
        {"expression": "oldObject == null || !has(oldObject.data) || oldObject.data == object.data", "message": "data is fixed"},
        {
            "expression": "request.kind.kind != 'Deployment' || object.spec.template.spec.containers.all(c, c.image.contains(':'))",
            "message": "tags",
        },
        {"expression": "namespaceObject.metadata.labels['kubernetes.io/metadata.name'] == request.namespace", "message": "namespace"},
        {
            "expression": "request.kind.kind != 'Deployment' || object.spec.replicas <= 5",
            "messageExpression": "'replicas ' + string(object.spec.replicas)",
        },
    )
    yield binding("p-values")
    untagged = {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "a"}]}}}}
    yield until({"method": "PATCH", "path": f"{DEPLOYMENTS}/web", "type": STRATEGIC, "body": untagged, "query": "dryRun=All"}, 422)
    yield {"method": "PATCH", "path": f"{DEPLOYMENTS}/web", "type": MERGE, "body": {"spec": {"replicas": 6}}}
    yield {"method": "PATCH", "path": f"{DEPLOYMENTS}/web", "type": MERGE, "body": {"spec": {"replicas": 5}}}
    yield {"method": "PATCH", "path": f"{DEPLOYMENTS}/web/scale", "type": MERGE, "body": {"spec": {"replicas": 9}}}
    yield {"method": "PATCH", "path": f"{MAPS}/kept", "type": MERGE, "body": {"data": {"a": "5"}}}
    yield {"method": "PATCH", "path": f"{MAPS}/kept", "type": MERGE, "body": {"metadata": {"labels": {"a": "5"}}}}
    yield config("user", data={"user": "1"})
    yield from gone("p-values")
    yield until({"method": "PATCH", "path": f"{DEPLOYMENTS}/web", "type": STRATEGIC, "body": untagged, "query": "dryRun=All"}, 200)


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """All sequences by name."""
    yield "policy-verdicts", list(verdicts())
    yield "policy-failures", list(failures())
    yield "policy-parameters", list(parameters())
    yield "policy-matches", list(matches())
    yield "policy-requests", list(requests())
