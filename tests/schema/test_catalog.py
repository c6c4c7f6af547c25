"""Kinds and fields per Kubernetes version: what is served, how discovery names it, what merge and apply read from a schema.

Left out on purpose: alpha and beta kinds (off by default), and the texts of the descriptions.
"""

import json
from pathlib import Path

import pytest

from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.schema.catalog import SUPPORTED, Catalog, UnknownKubernetesVersion
from pytest_helmsim.schema.model import Schema
from pytest_helmsim.schema.openapi import from_crd

DEPLOYMENT = GroupVersionKind("apps", "v1", "Deployment")


def at(schema: Schema | None, path: str) -> Schema:
    for part in path.split("."):
        assert schema is not None, path
        schema = schema.items if part == "[]" else schema.values if part == "*" else schema.child(part)
    assert schema is not None, path
    return schema


@pytest.mark.parametrize("version", SUPPORTED)
def test_every_served_kind_has_a_schema(version):
    catalog = Catalog.for_version(version)
    assert catalog.version.short == version
    for resource in catalog.resources():
        assert catalog.schema(resource.gvk) is not None, resource.gvk
        assert catalog.resource_for(resource.gvk.group, resource.gvk.version, resource.plural) is resource


def test_1_36_serves_what_the_real_server_lists():
    recorded = json.loads((Path(__file__).parents[2] / "tools" / "discovery.json").read_text())
    catalog = Catalog.for_version("1.36")
    assert [(r.gvk.api_version, r.gvk.kind) for r in catalog.resources()] == [(row["in"], row["kind"]) for row in recorded]


@pytest.mark.parametrize(
    ("gvk", "first", "last"),
    [
        (("flowcontrol.apiserver.k8s.io", "v1beta2", "FlowSchema"), "1.28", "1.28"),
        (("flowcontrol.apiserver.k8s.io", "v1beta3", "FlowSchema"), "1.28", "1.31"),
        (("flowcontrol.apiserver.k8s.io", "v1", "FlowSchema"), "1.29", "1.37"),
        (("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy"), "1.30", "1.37"),
        (("networking.k8s.io", "v1", "ServiceCIDR"), "1.33", "1.37"),
        (("storage.k8s.io", "v1", "VolumeAttributesClass"), "1.34", "1.37"),
        (("resource.k8s.io", "v1", "ResourceClaim"), "1.34", "1.37"),
        (("certificates.k8s.io", "v1", "ClusterTrustBundle"), "1.37", "1.37"),
        (("autoscaling", "v2", "HorizontalPodAutoscaler"), "1.28", "1.37"),
        (("autoscaling", "v2beta2", "HorizontalPodAutoscaler"), "", ""),
        (("policy", "v1beta1", "PodDisruptionBudget"), "", ""),
    ],
)
def test_kinds_come_and_go(gvk, first, last):
    served = [v for v in SUPPORTED if Catalog.for_version(v).resource(GroupVersionKind(*gvk))]
    assert (served[0] if served else "", served[-1] if served else "") == (first, last)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "spec.template.spec.containers",
            {"patch_merge_key": "name", "patch_strategy": ("merge",), "list_type": "map", "list_map_keys": ("name",)},
        ),
        ("spec.template.spec.containers.[].ports", {"patch_merge_key": "containerPort", "list_map_keys": ("containerPort", "protocol")}),
        ("spec.template.spec.containers.[].ports.[].protocol", {"has_default": True, "default": "TCP"}),
        ("spec.template.spec.containers.[].env.[].name", {"has_default": True, "default": ""}),
        ("spec.template.spec.containers.[].command", {"list_type": "atomic", "patch_strategy": ()}),
        ("spec.template.spec.volumes", {"patch_strategy": ("merge", "retainKeys"), "patch_merge_key": "name"}),
        ("spec.template.spec.imagePullSecrets.[].name", {"has_default": True, "default": ""}),
        ("spec.strategy", {"patch_strategy": ("retainKeys",), "type": "object"}),
        ("spec.selector", {"map_type": "atomic"}),
        ("spec.template.spec.nodeSelector", {"map_type": "atomic"}),
        ("spec.strategy.rollingUpdate.maxSurge", {"type": "int-or-string"}),
        ("spec.template.spec.containers.[].resources.limits.*", {"format": "quantity", "type": "string"}),
        ("spec.template.spec.containers.[].resources.requests", {"type": "object", "map_type": None}),
        ("metadata.creationTimestamp", {"format": "date-time"}),
        ("metadata.finalizers", {"list_type": "set", "patch_strategy": ("merge",)}),
        ("metadata.ownerReferences", {"list_map_keys": ("uid",), "patch_merge_key": "uid"}),
        ("spec.replicas", {"type": "integer", "format": "int32"}),
    ],
)
def test_merge_facts_of_a_deployment(path, expected):
    node = at(Catalog.for_version("1.36").schema(DEPLOYMENT), path)
    assert {key: getattr(node, key) for key in expected} == expected


def test_field_facts_do_not_leak_to_the_shared_definition():
    catalog = Catalog.for_version("1.36")
    pdb = catalog.schema(GroupVersionKind("policy", "v1", "PodDisruptionBudget"))
    assert at(pdb, "spec.selector").patch_strategy == ("replace",)
    assert at(catalog.schema(DEPLOYMENT), "spec.selector").patch_strategy == ()
    volume = catalog.schema(GroupVersionKind("", "v1", "PersistentVolume"))
    assert at(volume, "spec.claimRef").map_type == "granular"


def test_schemas_may_refer_to_themselves():
    crd = Catalog.for_version("1.36").schema(GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition"))
    props = at(crd, "spec.versions.[].schema.openAPIV3Schema")
    assert at(props, "properties.*") is at(props, "properties.*.properties.*")
    assert at(props, "default").type == "any"


def test_versions_are_named_in_any_form():
    assert Catalog.for_version("v1.36.3") is Catalog.for_version("1.36")
    assert Catalog.for_version("1.36").version.git_version == "v1.36.3"
    with pytest.raises(UnknownKubernetesVersion, match=r"1\.12"):
        Catalog.for_version("1.12")


def test_subresources_speak_their_own_kind():
    catalog = Catalog.for_version("1.36")
    scale, status = catalog.subresources(DEPLOYMENT)
    assert (scale.name, str(scale.gvk), scale.own_group) == ("scale", "autoscaling/v1, Kind=Scale", False)
    assert (status.name, status.gvk, status.own_group) == ("status", DEPLOYMENT, True)
    assert catalog.schema(scale.gvk) is not None
    pods = [tuple(s.name for s in Catalog.for_version(v).subresources(GroupVersionKind("", "v1", "Pod"))) for v in ("1.32", "1.33")]
    assert ("resize" in pods[0], "resize" in pods[1]) == (False, True)


def test_a_custom_kind_gets_the_servers_metadata():
    spec = {
        "type": "object",
        "properties": {
            "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
            "port": {"x-kubernetes-int-or-string": True},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "size": {"type": "integer", "default": 3},
        },
    }
    crd = {"spec": {"versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}}]}}
    meta = Catalog.for_version("1.36").meta
    schema = from_crd(crd, "v1", meta)
    assert at(schema, "metadata") is meta
    assert at(schema, "spec.tags").list_type == "set"
    assert at(schema, "spec.port").type == "int-or-string"
    assert at(schema, "spec.free").preserve_unknown
    assert (at(schema, "spec.size").has_default, at(schema, "spec.size").default) == (True, 3)
    assert from_crd(crd, "v2", meta) is None
