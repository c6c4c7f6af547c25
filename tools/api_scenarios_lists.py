# ruff: noqa: E501
"""Request sequences for `record_api.py`: lists and watches, and everything that options, bodies and headers can say wrongly.

As in `api_scenarios.py`. A step with `watch` is read until the server ends it; references (`<3.metadata.resourceVersion>`) may also stand
within a query.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import APPLY, CONTAINER, JOB_TEMPLATE, JSON_PATCH, MERGE, SELECTOR, STRATEGIC, TABLE, TEMPLATE, Step
from api_scenarios_more import APPS, CORE, MAPS, YAML, delete, get, named, patch, post

PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
PARTIALS = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PROTOBUF, CBOR = "application/vnd.kubernetes.protobuf", "application/cbor"
FOREVER = "timeoutSeconds=1&watch=1"


def watch(path: str, query: str = "", **more: Any) -> Step:
    """A watch that the server ends after a second."""
    return get(path, f"{FOREVER}&{query}" if query else FOREVER, watch=True, **more)


def put(path: str, body: Any, query: str = "", **more: Any) -> Step:
    """A PUT."""
    return {"method": "PUT", "path": path, "query": query, "body": body, **more}


def history() -> Iterator[Step]:
    """A little history of ConfigMaps, seen by watches from each point of it."""
    yield post(MAPS, named("a", labels={"tier": "x"}))  # 0
    yield post(MAPS, named("b", labels={"tier": "y"}))  # 1
    yield patch(f"{MAPS}/a", MERGE, {"metadata": {"labels": {"tier": "y"}}})  # 2
    yield patch(f"{MAPS}/b", MERGE, {"metadata": {"labels": {"tier": "x"}}})  # 3
    yield patch(f"{MAPS}/b", MERGE, {"data": {"k": "v"}})  # 4
    yield delete(f"{MAPS}/a")  # 5
    yield post(MAPS, named("c", labels={"tier": "x"}))  # 6
    first = "resourceVersion=<0.metadata.resourceVersion>"
    for query in (
        "",
        "resourceVersion=0",
        first,
        "resourceVersion=<4.metadata.resourceVersion>",
    ):
        yield watch(MAPS, query)
        yield watch(MAPS, f"{query}&labelSelector=tier=x")
        yield watch(MAPS, f"{query}&labelSelector=tier!=x")
        yield watch(MAPS, f"{query}&fieldSelector=metadata.name=b")
        yield watch(
            f"{CORE}/watch/configmaps".replace("/namespaces/", "/watch/namespaces/").replace("/watch/configmaps", "/configmaps"), query
        )
        yield watch(MAPS, query, accept=TABLE)
        yield watch(MAPS, query, accept=PARTIAL)
        yield watch(MAPS, query, accept=PARTIALS)
        yield watch(MAPS, f"{query}&includeObject=Object", accept=TABLE)
        yield watch(MAPS, f"{query}&includeObject=None", accept=TABLE)
        yield watch(f"{MAPS}/b", query)
        yield watch("/api/v1/watch/namespaces/{ns}/configmaps/b", query)
        yield watch("/api/v1/configmaps", f"{query}&fieldSelector=metadata.namespace={{ns}}")
    yield get(MAPS, "timeoutSeconds=1")
    for query in (
        "resourceVersion=1", "resourceVersion=abc", "resourceVersion=-1", "resourceVersion=99999999999", "resourceVersion=99999999999999999999999",
        f"{first}&resourceVersionMatch=Exact", f"{first}&resourceVersionMatch=NotOlderThan", "resourceVersionMatch=NotOlderThan", f"{first}&resourceVersionMatch=Nope",
        "limit=1", "continue=x", "labelSelector=a b", "fieldSelector=nope=x", "fieldSelector=metadata.name=b,metadata.name=a",
        "allowWatchBookmarks=maybe&resourceVersion=<6.metadata.resourceVersion>", "sendInitialEvents=false", "sendInitialEvents=false&resourceVersionMatch=NotOlderThan",
        "sendInitialEvents=true&resourceVersionMatch=Exact", "sendInitialEvents=true&resourceVersionMatch=Nope", "sendInitialEvents=true&resourceVersion=1",
        "sendInitialEvents=true&resourceVersionMatch=NotOlderThan", "sendInitialEvents=maybe&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
    ):  # fmt: skip
        yield watch(MAPS, query)
    for query in (
        "timeoutSeconds=x",
        "timeoutSeconds=1.5",
        "watch=maybe&timeoutSeconds=1",
        "watch=true&timeoutSeconds=1&resourceVersion=x",
        "watch=false",
        "watch=0",
    ):
        yield get(MAPS, query, watch=True)
    for accept in (
        "text/html",
        "application/json;as=Nope;g=meta.k8s.io;v=v1",
        "application/json;stream=watch",
        "*/*",
        "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
    ):
        yield watch(MAPS, "", accept=accept)
        yield watch(f"{CORE}/secrets", "", accept=accept)
    yield watch(f"{MAPS}/b", "fieldSelector=metadata.name=b")
    yield watch(f"{MAPS}/b", "fieldSelector=metadata.name=c")
    yield watch(f"{MAPS}/absent")
    yield get(f"{MAPS}/b", "watch=0")
    yield watch("/api/v1/watch/configmaps", "fieldSelector=metadata.namespace={ns}")
    yield {"method": "DELETE", "path": "/api/v1/watch/namespaces/{ns}/configmaps/b"}
    yield {"method": "POST", "path": "/api/v1/watch/namespaces/{ns}/configmaps", "body": named("z")}
    yield watch("/api/v1/watch/namespaces/{ns}/nopes")
    yield watch("/apis/apps/v1/watch/deployments", "fieldSelector=metadata.namespace={ns}")
    yield watch("/apis/nope.example/v1/namespaces/{ns}/nopes")
    yield watch("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
    yield watch("/api/v1/componentstatuses")


def bookmarks() -> Iterator[Step]:
    """Bookmarks, also those that end the initial events. Needs an etcd that reports progress (3.5 or newer), as `history` does."""
    yield post(MAPS, named("a"))
    yield get(MAPS, "watch=1&timeoutSeconds=4&allowWatchBookmarks=true", watch=True)
    yield get(MAPS, "watch=1&timeoutSeconds=4&allowWatchBookmarks=true&resourceVersion=0", watch=True)
    yield get(MAPS, "watch=1&timeoutSeconds=4&allowWatchBookmarks=true&resourceVersion=<0.metadata.resourceVersion>", watch=True)
    yield get(
        MAPS, "watch=1&timeoutSeconds=4&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan", watch=True
    )
    yield get(MAPS, "watch=1&timeoutSeconds=4&sendInitialEvents=true&resourceVersionMatch=NotOlderThan", watch=True)
    yield get(
        MAPS,
        "watch=1&timeoutSeconds=4&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=<0.metadata.resourceVersion>",
        watch=True,
    )
    yield get(
        MAPS, "watch=1&timeoutSeconds=2&allowWatchBookmarks=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan", watch=True
    )
    yield get(
        MAPS,
        "watch=1&timeoutSeconds=2&allowWatchBookmarks=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=0",
        watch=True,
    )
    yield get(MAPS, "watch=1&timeoutSeconds=2&allowWatchBookmarks=true", watch=True, accept=PARTIAL)
    yield get("/apis/apps/v1/namespaces/{ns}/deployments", "watch=1&timeoutSeconds=2&allowWatchBookmarks=true", watch=True)


def pages() -> Iterator[Step]:
    """Pages while things change, and resource versions of lists."""
    for index in range(6):
        yield post(MAPS, named(f"m{index}", labels={"even": str(index % 2 == 0).lower()}))  # 0-5
    yield get(MAPS, "limit=2")  # 6
    yield delete(f"{MAPS}/m2")  # 7
    yield post(MAPS, named("m9"))  # 8
    yield get(MAPS, "limit=2&continue=<6.metadata.continue>")  # 9
    yield get(MAPS, "limit=2&continue=<9.metadata.continue>")  # 10
    yield get(MAPS, "continue=<6.metadata.continue>")
    yield get(MAPS, "limit=2&continue=<6.metadata.continue>", accept=TABLE)
    yield get(MAPS, "limit=2&continue=<6.metadata.continue>&labelSelector=even=true")
    yield get(MAPS, "limit=2&continue=<6.metadata.continue>&fieldSelector=metadata.name=m3")
    yield get(f"{CORE}/secrets", "limit=2&continue=<6.metadata.continue>")
    yield get("/api/v1/configmaps", "limit=2&continue=<6.metadata.continue>&fieldSelector=metadata.namespace={ns}")
    for more in (
        "resourceVersion=0",
        "resourceVersion=1",
        "resourceVersionMatch=Exact",
        "resourceVersion=1&resourceVersionMatch=Exact",
        "resourceVersionMatch=NotOlderThan",
    ):
        yield get(MAPS, f"limit=2&continue=<6.metadata.continue>&{more}")
    # {"v":"meta.k8s.io/v1","rv":1,"start":"m1 "}, then rv -1, an unknown version, no start, a path that leaves, no JSON, text
    for token in (
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoibTFcdTAwMDAifQ", "eyJ2IjoidjkiLCJydiI6MSwic3RhcnQiOiJtMVx1MDAwMCJ9", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0",
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi94In0", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJtMVx1MDAwMCJ9", "bm90IGpzb24", "!!!", "W10", "eyJ2Ijo1fQ", "eyJydiI6MSwic3RhcnQiOiJtIn0",
        "bnVsbA", "e30", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6IjEiLCJzdGFydCI6Im0ifQ",
    ):  # fmt: skip
        yield get(MAPS, f"continue={token}")
        yield get(MAPS, f"limit=2&continue={token}")
    seen = "<3.metadata.resourceVersion>"
    for query in (
        f"resourceVersion={seen}", f"resourceVersion={seen}&resourceVersionMatch=Exact", f"resourceVersion={seen}&resourceVersionMatch=NotOlderThan", f"resourceVersion={seen}&limit=2",
        f"resourceVersion={seen}&resourceVersionMatch=Exact&limit=2", f"resourceVersion={seen}&resourceVersionMatch=NotOlderThan&limit=2", f"resourceVersion={seen}&resourceVersionMatch=Exact&labelSelector=even=true",
        "resourceVersion=0&limit=2", "resourceVersion=0&resourceVersionMatch=NotOlderThan&limit=2", "resourceVersion=0&resourceVersionMatch=Exact&limit=2", "resourceVersion=0&labelSelector=even=true&limit=1",
        f"resourceVersion={seen}&resourceVersionMatch=nope", "resourceVersionMatch=nope", "resourceVersion=-1", "resourceVersion=1.5", "resourceVersion=99999999999", "resourceVersion=99999999999&resourceVersionMatch=Exact",
        "resourceVersion=99999999999&limit=1", "limit=999999999999999999999", "limit=1.5", "limit=", "limit=0", "limit=-1&continue=x", "sendInitialEvents=false", "sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
        "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=0", "allowWatchBookmarks=true", "timeoutSeconds=0", "timeoutSeconds=-5", "unknown=1", "pretty=1", "pretty=maybe", "labelSelector=&fieldSelector=",
        "limit=2&limit=3", "labelSelector=even=true&labelSelector=even=false",
    ):  # fmt: skip
        yield get(MAPS, query)
    yield get(MAPS, f"resourceVersion={seen}&resourceVersionMatch=Exact", accept=TABLE)
    yield get(MAPS, "limit=2", accept=TABLE)
    yield get(MAPS, "limit=2", accept=PARTIALS)
    yield get(MAPS, accept=PARTIAL)
    yield get(f"{MAPS}/m1", accept=PARTIALS)
    yield get(f"{MAPS}/m1", accept="application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1beta1")
    yield get(f"{MAPS}/m1", accept="application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v2")
    yield get(f"{MAPS}/m1", "includeObject=Object", accept="application/json;as=Table;v=v1beta1;g=meta.k8s.io")
    yield get(f"{MAPS}/m1", accept="application/yaml;as=Table;v=v1;g=meta.k8s.io")
    for query in (
        "resourceVersion=0",
        "resourceVersion=1",
        "resourceVersion=99999999999",
        "resourceVersion=x",
        "resourceVersionMatch=Exact",
        "pretty=true",
        "resourceVersion=-1",
        "resourceVersion=",
    ):
        yield get(f"{MAPS}/m1", query)
        yield get(f"{MAPS}/absent", query)
    for query in ("limit=1", "continue=x", "limit=2&resourceVersion=0", "resourceVersion=99999999999", "timeoutSeconds=x", "limit=-1"):
        yield delete(MAPS, query=f"{query}&dryRun=All")
    yield delete(MAPS, query="limit=2")
    yield delete(MAPS, {"propagationPolicy": "Foreground"}, query="labelSelector=even=true")
    yield get(MAPS)
    yield delete(MAPS)
    yield get(MAPS)


def options() -> Iterator[Step]:
    """Query parameters of writes, right and wrong, for each verb."""
    yield post(MAPS, named("o"), "fieldManager=first")
    one = f"{MAPS}/o"
    long = "m" * 129
    for query in (
        "dryRun=All", "dryRun=", "dryRun=all", "dryRun=All&dryRun=All", "dryRun=All&dryRun=Nope", "fieldManager=" + long, "fieldManager=a\nb", "fieldManager=é", "fieldManager=\x01", "fieldManager=", "fieldValidation=", "fieldValidation=warn",
        "fieldValidation=Strict&dryRun=All", "fieldManager=" + long + "&dryRun=x&fieldValidation=y", "force=true", "force=maybe", "pretty=true&dryRun=All", "unknown=1&dryRun=All", "resourceVersion=1&dryRun=All", "timeout=10s&dryRun=All", "timeout=x&dryRun=All", "timeout=100h&dryRun=All",
    ):  # fmt: skip
        yield post(MAPS, named("p"), query)
        yield put(one, named("o"), query)
        yield patch(one, MERGE, {"data": {"b": "2"}}, query)
        yield patch(one, APPLY, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "o"}, "data": {"c": "3"}}, query)
        yield delete(f"{MAPS}/absent", query=query)
        yield get(one)
        yield delete(f"{MAPS}/p")
    for query in (
        "gracePeriodSeconds=0", "gracePeriodSeconds=-1", "gracePeriodSeconds=", "gracePeriodSeconds=1e3", "propagationPolicy=background", "propagationPolicy=Background&orphanDependents=true", "orphanDependents=false", "orphanDependents=x",
        "preconditions.uid=x", "dryRun=All&propagationPolicy=Foreground", "ignoreStoreReadErrorWithClusterBreakingPotential=true", "ignoreStoreReadErrorWithClusterBreakingPotential=x",
    ):  # fmt: skip
        yield post(MAPS, named("q", finalizers=["a.b/c"]))
        yield delete(f"{MAPS}/q", query=query)
        yield get(f"{MAPS}/q")
        yield patch(f"{MAPS}/q", MERGE, {"metadata": {"finalizers": None}})
    for body in (
        {"gracePeriodSeconds": 5}, {"gracePeriodSeconds": None}, {"propagationPolicy": ""}, {"preconditions": {}}, {"preconditions": {"uid": "<0.metadata.uid>"}}, {"preconditions": {"resourceVersion": "<0.metadata.resourceVersion>"}},
        {"preconditions": {"uid": "x", "resourceVersion": "y"}}, {"apiVersion": "v1", "kind": "DeleteOptions", "dryRun": ["All"]}, {"apiVersion": "meta.k8s.io/v1", "kind": "DeleteOptions", "dryRun": ["All"]},
        {"apiVersion": "apps/v1", "kind": "DeleteOptions", "dryRun": ["All"]}, {"apiVersion": "v1", "kind": "Pod", "dryRun": ["All"]}, {"kind": "DeleteOptions", "apiVersion": "nope/v1", "dryRun": ["All"]}, {"dryRun": "All"}, {"orphanDependents": "x"}, {"dryRun": ["All"], "unknown": 1},
        {"ignoreStoreReadErrorWithClusterBreakingPotential": True, "dryRun": ["All"]}, {"ignoreStoreReadErrorWithClusterBreakingPotential": True, "gracePeriodSeconds": 1, "propagationPolicy": "Orphan", "preconditions": {"uid": "x"}},
    ):  # fmt: skip
        yield delete(one, body)
        yield delete(one, body, "dryRun=All&propagationPolicy=Nope")
        yield get(one)
        yield put(one, named("o"))
        yield post(MAPS, named("o"), "fieldManager=first")
    yield delete(one, "dryRun: [All]\n", "") | {"type": YAML}
    yield delete(one, "a: [", "") | {"type": YAML}
    yield delete(one, "x", "") | {"type": "text/plain"}


def bodies() -> Iterator[Step]:
    """Names, namespaces, kinds and versions that do not fit, for each kind of write."""
    yield post(MAPS, named("o"), "fieldManager=first")
    one = f"{MAPS}/o"
    wrong: tuple[dict[str, Any], ...] = (
        {"kind": "Pod", "apiVersion": "v1"}, {"kind": "ConfigMap", "apiVersion": "v2"}, {"kind": "ConfigMap", "apiVersion": "apps/v1"}, {"kind": "Deployment", "apiVersion": "apps/v1"}, {"kind": "configmap", "apiVersion": "v1"}, {"kind": "ConfigMapList", "apiVersion": "v1", "items": []},
        {"kind": "List", "apiVersion": "v1", "items": []}, {"kind": "Status", "apiVersion": "v1"}, {"kind": "ConfigMap"}, {"apiVersion": "v1"}, {"apiVersion": "a/b/c", "kind": "ConfigMap"},
        {"metadata": {"name": "other"}}, {"metadata": {"name": "o", "namespace": "other"}}, {"metadata": {}}, {"metadata": None}, {"metadata": {"name": ""}}, {"metadata": {"name": "o", "namespace": ""}}, {"metadata": {"name": "o", "resourceVersion": ""}},
        {"metadata": {"name": "o", "resourceVersion": "0"}}, {"metadata": {"name": "o", "resourceVersion": "1"}}, {"metadata": {"name": "o", "resourceVersion": "-1"}}, {"metadata": {"name": "o", "uid": "x"}}, {"metadata": {"name": "o", "uid": "<0.metadata.uid>"}},
        {"metadata": {"name": "o", "creationTimestamp": "2020-01-01T00:00:00Z"}}, {"metadata": {"name": "o", "deletionTimestamp": "2020-01-01T00:00:00Z"}}, {"metadata": {"name": "o", "deletionGracePeriodSeconds": 5}}, {"metadata": {"name": "o", "generation": 7}}, {"metadata": {"name": "o", "selfLink": "/x"}},
        {"metadata": {"name": "o", "managedFields": []}}, {"metadata": {"name": "o", "managedFields": [{}]}}, {"metadata": {"name": "o", "managedFields": [{"manager": "x"}]}},
        {"metadata": {"name": "o", "managedFields": [{"manager": "x", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {}}}]}},
        {"metadata": {"name": "o", "managedFields": [{"manager": "x", "operation": "Nope", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {}}}]}},
        {"metadata": {"name": "o", "managedFields": [{"manager": "x", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV2", "fieldsV1": {"f:data": {}}}]}},
        {"metadata": {"name": "o", "managedFields": [{"manager": "x", "operation": "Update", "apiVersion": "v9", "fieldsType": "FieldsV1", "fieldsV1": {"bad": {}}}]}},
        {"metadata": {"name": "o", "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x"}]}}, {"metadata": {"name": "o", "ownerReferences": [{"uid": "u"}]}}, {"metadata": {"name": "o", "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "u"}, {"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "u"}]}},
        {"metadata": {"name": "o", "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "u", "controller": True}, {"apiVersion": "v1", "kind": "Pod", "name": "y", "uid": "w", "controller": True}]}},
        {"metadata": {"name": "o", "ownerReferences": [{"apiVersion": "v1", "kind": "Event", "name": "x", "uid": "u"}]}}, {"metadata": {"name": "o", "ownerReferences": [{"apiVersion": "a/b/c", "kind": "Pod", "name": "x", "uid": "u"}]}},
        {"metadata": {"name": "o", "labels": {"": "x"}}}, {"metadata": {"name": "o", "labels": {"a/b/c": "x"}}}, {"metadata": {"name": "o", "labels": {"a": "x" * 64}}}, {"metadata": {"name": "o", "labels": {"x" * 64: "1"}}}, {"metadata": {"name": "o", "labels": {"Example.com/a": "1"}}}, {"metadata": {"name": "o", "labels": {"/a": "1"}}}, {"metadata": {"name": "o", "labels": None}}, {"metadata": {"name": "o", "labels": {"a": None}}},
        {"metadata": {"name": "o", "annotations": {"": "x"}}}, {"metadata": {"name": "o", "annotations": {"UPPER.com/x": "1", "a b": "c"}}}, {"metadata": {"name": "o", "finalizers": ["x"]}}, {"metadata": {"name": "o", "finalizers": ["a/b", "a/b"]}}, {"metadata": {"name": "o", "finalizers": ["A b/c", ""]}}, {"metadata": {"name": "o", "finalizers": ["foregroundDeletion", "orphan"]}},
    )  # fmt: skip
    for change in wrong:
        body = {**named("o"), **change}
        yield post(
            MAPS,
            {
                **body,
                "metadata": {**body["metadata"], "name": "n"}
                if isinstance(body.get("metadata"), dict) and body["metadata"].get("name") == "o"
                else body["metadata"],
            },
            "dryRun=All",
        )
        yield put(one, body, "dryRun=All")
        yield patch(one, MERGE, change, "dryRun=All")
        yield patch(one, STRATEGIC, change, "dryRun=All")
        yield patch(one, APPLY, {"apiVersion": "v1", "kind": "ConfigMap", **body}, "dryRun=All&fieldManager=x")
        yield patch(f"{MAPS}/fresh", APPLY, {"apiVersion": "v1", "kind": "ConfigMap", **body}, "dryRun=All&fieldManager=x")
    for name in ("UPPER", "a_b", "a.b", "-a", "a-", "a" * 254, "a" * 253, "a/b", "a%b", "..", ".", "a b", "é", "1", "a..b"):
        yield post(MAPS, named(name), "dryRun=All")
        yield post(f"{CORE}/services", {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}}, "dryRun=All")
        yield post("/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles", {"metadata": {"name": name}}, "dryRun=All")
    for prefix in ("UPPER-", "a_", "a.", "-a", "a" * 58, "a" * 59, "a" * 254, "a b", ""):
        yield post(MAPS, {"metadata": {"generateName": prefix}}, "dryRun=All", mask=["metadata", "message", "details"])
        yield post(MAPS, {"metadata": {"generateName": prefix, "name": "fixed"}}, "dryRun=All")
    for kind in (
        "application/merge-patch+json; charset=utf-8",
        "application/merge-patch+json;foo=bar",
        "APPLICATION/MERGE-PATCH+JSON",
        "application/merge-patch+json ;x",
        "application/apply-patch+cbor",
        "application/apply-patch+json",
        "",
        "application/json",
        "text/plain",
        "application/strategic-merge-patch+json; charset=utf-8",
        "application/apply-patch+yaml; charset=utf-8",
    ):
        yield patch(
            one, kind, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "o"}, "data": {"z": "1"}}, "dryRun=All&fieldManager=x"
        )
        yield post(MAPS, named("t"), "dryRun=All", type=kind)
    for kind in (MERGE, STRATEGIC, JSON_PATCH, APPLY):
        for text in ("", "{}", "[]", "null", "5", '"x"', "{", "[{}]", '{"a":1}', "true", " ", "{}{}", "[", "- a"):
            yield patch(one, kind, text, "dryRun=All&fieldManager=x")
            yield patch(f"{MAPS}/absent", kind, text, "dryRun=All&fieldManager=x")
    for accept in (
        "application/yaml",
        "application/cbor",
        PROTOBUF,
        "text/plain",
        "application/json;as=Table;v=v1;g=meta.k8s.io",
        PARTIAL,
        "application/json; charset=utf-8",
        "application/json;profile=x",
    ):
        if accept != PROTOBUF:
            yield get(f"{CORE}/configmaps/absent", accept=accept)
        yield post(MAPS, named("acc"), "dryRun=All", accept=accept if accept != PROTOBUF else YAML)
        yield patch(one, MERGE, {"data": {"y": "1"}}, "dryRun=All") | {"accept": accept if accept != PROTOBUF else YAML}
        yield delete(one, query="dryRun=All") | {"accept": accept if accept != PROTOBUF else YAML}
        yield delete(MAPS, query="dryRun=All") | {"accept": accept if accept != PROTOBUF else YAML}
    for method in ("HEAD", "OPTIONS", "TRACE", "CONNECT", "FOO", "POST", "PUT", "PATCH", "DELETE"):
        for path in (
            MAPS,
            one,
            "/api/v1",
            "/apis",
            "/version",
            "/healthz",
            f"{one}/status",
            f"{CORE}/pods/x/log",
            f"{APPS}/deployments/x/scale",
            "/api/v1/namespaces/{ns}/finalize",
            "/metrics/nope",
        ):
            if method == "DELETE" and path in (MAPS, one):
                continue
            yield {"method": method, "path": path, "query": "dryRun=All"}
    yield get("/")
    for path in ("/healthz", "/livez", "/readyz"):
        for query in ("verbose", "verbose&exclude=etcd", "exclude=nope"):
            yield get(path, query)
        yield get(f"{path}/etcd")
        yield get(f"{path}/nope")
    yield post(MAPS, '{"metadata":{"name":"big"},"data":{"a":"' + "x" * (3 * 1024 * 1024) + '"}}')
    yield post("/apis/batch/v1/namespaces/{ns}/jobs", {"metadata": {"name": "j"}, "spec": {"template": JOB_TEMPLATE}})
    yield post(f"{CORE}/pods", {"metadata": {"name": "p"}, "spec": {"containers": [CONTAINER]}})
    yield post(f"{APPS}/deployments", {"metadata": {"name": "d"}, "spec": {"selector": SELECTOR, "template": TEMPLATE}})
    for path in (
        f"{MAPS}/o",
        f"{CORE}/pods/p",
        f"{APPS}/deployments/d",
        "/apis/batch/v1/namespaces/{ns}/jobs/j",
        "/api/v1/namespaces/{ns}",
        f"{CORE}/serviceaccounts/x",
    ):
        for sub in (
            "status",
            "scale",
            "finalize",
            "log",
            "exec",
            "eviction",
            "binding",
            "token",
            "approval",
            "proxy",
            "nope",
            "ephemeralcontainers",
            "resize",
            "attach",
            "portforward",
        ):
            if path == "/api/v1/namespaces/{ns}" and sub not in ("status", "finalize"):
                continue
            yield get(f"{path}/{sub}")
            yield post(f"{path}/{sub}", {}, "dryRun=All")
            yield put(f"{path}/{sub}", {}, "dryRun=All")
            yield patch(f"{path}/{sub}", MERGE, {}, "dryRun=All")
            yield delete(f"{path}/{sub}")


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """All sequences by name."""
    for function in (history, bookmarks, pages, options, bodies):
        yield function.__name__, list(function())
