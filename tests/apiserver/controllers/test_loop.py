"""The loop: the switch, determinism, forks, what a settled cluster does; and the small controllers that no recording covers."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_helmsim.apiserver.controllers import registry
from pytest_helmsim.apiserver.controllers.common import Settings
from pytest_helmsim.apiserver.controllers.images import Exit, Ready


@pytest.mark.parametrize(
    ("names", "on", "off"),
    [
        ("*", {"kubelet", "deployment-controller"}, set()),
        ("*,-kubelet", {"deployment-controller", "scheduler"}, {"kubelet"}),
        ("-deployment,*", {"replicaset-controller"}, {"deployment-controller"}),
        ("replicaset,scheduler", {"replicaset-controller", "scheduler"}, {"kubelet", "deployment-controller"}),
        ("", {"customresourcedefinition-controller"}, {"kubelet"}),
    ],
)
def test_switch(names: str, on: set[str], off: set[str]) -> None:
    chosen = {cls.name for cls in registry.chosen(names)}
    assert on <= chosen
    assert not off & chosen


def test_an_unknown_controller_is_named() -> None:
    with pytest.raises(registry.UnknownController, match='"kubelett" is no controller'):
        registry.chosen("*,-kubelett")


def test_without_a_kubelet_pods_stay_pending(make_cluster: Any, workload: Any) -> None:
    cluster = make_cluster("*,-kubelet")
    cluster.create("deployments", workload("Deployment", "web", "web:1"))
    cluster.clock.sleep(60)
    pod = cluster.list("pods")[0]
    assert (pod["spec"]["nodeName"], pod["status"]["phase"]) == ("node-0", "Pending")


def everything(cluster: Any) -> Any:
    return [cluster.list(name) for name in ("deployments", "replicasets", "pods", "events", "endpointslices", "jobs")]


def story(cluster: Any, workload: Any, job: Any) -> None:
    cluster.create("deployments", workload("Deployment", "web", "web:1", replicas=3))
    cluster.create(
        "services",
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}},
    )
    cluster.create("jobs", job("j", "job:1"))
    cluster.clock.sleep(10)


def test_the_same_story_gives_the_same_cluster(make_cluster: Any, workload: Any, job: Any) -> None:
    one, two = make_cluster(), make_cluster()
    story(one, workload, job)
    story(two, workload, job)
    assert everything(one) == everything(two)


def test_a_fork_goes_on_by_itself(make_cluster: Any, workload: Any, job: Any) -> None:
    cluster = make_cluster()
    cluster.images["job:1"] = Exit(after=30)
    story(cluster, workload, job)
    fork = make_cluster(server=cluster.server.fork(), images=cluster.images.copy())
    fork.patch("deployments/web", {"spec": {"replicas": 1}})
    fork.clock.sleep(60)
    assert fork.get("deployments/web")["status"]["replicas"] == 1
    assert fork.get("jobs/j")["status"]["succeeded"] == 1
    assert cluster.get("deployments/web")["status"]["replicas"] == 3
    assert cluster.get("jobs/j")["status"]["active"] == 1


def test_a_fork_of_the_controllers_goes_on_as_the_original_would(cluster: Any, workload: Any, job: Any) -> None:
    cluster.images["job:1"] = Exit(after=30)
    cluster.images["web:1"] = Ready(after=20.5)
    story(cluster, workload, job)
    fork = cluster.fork()
    for one in (cluster, fork):
        one.patch("deployments/web", {"spec": {"replicas": 4}})
        one.clock.sleep(60)
    assert fork.get("jobs/j")["status"]["succeeded"] == 1
    assert everything(fork) == everything(cluster)


def test_a_restored_cluster_works_again(cluster: Any, workload: Any, job: Any) -> None:
    cluster.create("deployments", workload("Deployment", "web", "web:1"))
    cluster.clock.sleep(5)
    before = cluster.server.snapshot()
    cluster.delete("deployments/web")
    cluster.clock.sleep(5)
    assert cluster.list("pods") == []
    cluster.server.restore(before)
    cluster.controllers.restart()
    assert len(cluster.list("pods")) == 1
    cluster.delete("deployments/web")
    assert cluster.list("pods") == []


def test_a_settled_cluster_writes_nothing_more(cluster: Any, workload: Any, job: Any) -> None:
    story(cluster, workload, job)
    before = cluster.ask("GET", "pods")["metadata"]["resourceVersion"]
    cluster.clock.sleep(3600)
    assert cluster.ask("GET", "pods")["metadata"]["resourceVersion"] == before
    assert cluster.controllers.failures == {}


def test_a_load_balancer_gets_an_address_and_loses_it(cluster: Any) -> None:
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "lb"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}
    cluster.create("services", body)
    assert cluster.get("services/lb")["status"]["loadBalancer"]["ingress"][0]["ip"].startswith("172.18.255.")
    cluster.patch("services/lb", {"spec": {"type": "ClusterIP"}})
    found = cluster.get("services/lb")
    assert (found["status"], found["metadata"].get("finalizers")) == ({"loadBalancer": {}}, None)
    cluster.delete("services/lb")
    assert not cluster.exists("services/lb")


def test_no_addresses_without_a_cloud(make_cluster: Any) -> None:
    cluster = make_cluster(settings=Settings(load_balancers=False))
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "lb"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}
    cluster.create("services", body)
    assert cluster.get("services/lb")["status"] == {"loadBalancer": {}}


def test_nodes_and_unschedulable_pods(make_cluster: Any, workload: Any) -> None:
    cluster = make_cluster(settings=Settings(nodes=3))
    cluster.create("daemonsets", workload("DaemonSet", "agent", "agent:1"))
    big = workload(
        "Deployment", "big", "web:1", pod={"containers": [{"name": "c", "image": "w", "resources": {"requests": {"cpu": "500"}}}]}
    )
    cluster.create("deployments", big)
    cluster.clock.sleep(5)
    assert cluster.get("daemonsets/agent")["status"]["numberReady"] == 3
    pod = next(item for item in cluster.list("pods") if item["metadata"]["labels"]["app"] == "big")
    message = next(item["message"] for item in pod["status"]["conditions"] if item["type"] == "PodScheduled")
    assert message.startswith("0/3 nodes are available: 3 Insufficient cpu.")


def test_an_autoscaler_follows_its_scripted_metric(cluster: Any, workload: Any) -> None:
    container = {"name": "c", "image": "web:1", "resources": {"requests": {"cpu": "200m"}}}
    cluster.create("deployments", workload("Deployment", "web", "web:1", replicas=2, pod={"containers": [container]}))
    target = {"type": "Utilization", "averageUtilization": 50}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "maxReplicas": 6,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    body = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": spec}
    cluster.create("horizontalpodautoscalers", body)
    cluster.controllers.settings.metrics["default/web", "cpu"] = 100
    cluster.clock.sleep(16)
    assert cluster.get("deployments/web")["spec"]["replicas"] == 4
    cluster.controllers.settings.metrics["default/web", "cpu"] = 10
    cluster.clock.sleep(120)
    assert cluster.get("deployments/web")["spec"]["replicas"] == 4
    cluster.clock.sleep(400)
    assert cluster.get("deployments/web")["spec"]["replicas"] == 1
    owners = [item["subresource"] for item in cluster.get("deployments/web")["metadata"]["managedFields"] if "subresource" in item]
    assert "scale" in owners


def test_a_cron_job_starts_prunes_and_forbids(cluster: Any) -> None:
    cluster.images["tick:1"] = Exit(after=90)
    pod = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "tick:1"}]}}
    spec = {
        "schedule": "* * * * *",
        "concurrencyPolicy": "Forbid",
        "successfulJobsHistoryLimit": 2,
        "jobTemplate": {"spec": {"template": pod}},
    }
    cluster.create("cronjobs", {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "tick"}, "spec": spec})
    cluster.clock.sleep(65)
    assert [item["name"] for item in cluster.get("cronjobs/tick")["status"]["active"]] == ["tick-29453761"]
    cluster.clock.sleep(600)
    assert len([item for item in cluster.list("jobs") if item["status"].get("succeeded")]) == 2
    assert {"SuccessfulCreate", "SawCompletedJob", "SuccessfulDelete"} <= set(cluster.reasons("CronJob"))
    cluster.patch("cronjobs/tick", {"spec": {"suspend": True}})
    cluster.clock.sleep(600)
    assert "active" not in cluster.get("cronjobs/tick")["status"]


def test_a_finished_job_goes_after_its_time(cluster: Any, job: Any) -> None:
    cluster.create("jobs", job("j", "job:1", ttlSecondsAfterFinished=60))
    cluster.clock.sleep(55)
    assert cluster.exists("jobs/j")
    cluster.clock.sleep(10)
    assert not cluster.exists("jobs/j")
    assert cluster.list("pods") == []


def test_a_quota_counts_what_is_used(cluster: Any) -> None:
    hard = {"pods": "5", "requests.cpu": "2", "limits.memory": "2Gi", "configmaps": "10", "count/deployments.apps": "3"}
    cluster.create("resourcequotas", {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": hard}})
    container = {"name": "c", "image": "a", "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "64Mi", "cpu": "200m"}}}
    cluster.create("pods", {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]}})
    used = {"pods": "1", "requests.cpu": "100m", "limits.memory": "64Mi", "configmaps": "1", "count/deployments.apps": "0"}
    assert cluster.get("resourcequotas/q")["status"] == {"hard": hard, "used": used}


def test_an_aggregated_role_has_the_rules_of_the_selected_ones(cluster: Any) -> None:
    roles, rule = "/apis/rbac.authorization.k8s.io/v1/clusterroles", {"apiGroups": ["example.com"], "resources": ["foos"], "verbs": ["get"]}
    base = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    selectors = {"clusterRoleSelectors": [{"matchLabels": {"into": "all"}}]}
    cluster.create(roles, {**base, "metadata": {"name": "all"}, "aggregationRule": selectors, "rules": []})
    cluster.create(roles, {**base, "metadata": {"name": "part", "labels": {"into": "all"}}, "rules": [rule]})
    found = cluster.get(f"{roles}/all")
    assert found["rules"] == [rule]
    owners = [(item["manager"], item["operation"]) for item in found["metadata"]["managedFields"]]
    assert ("clusterrole-aggregation-controller", "Apply") in owners


def test_a_pod_waits_for_room_that_another_leaves(make_cluster: Any) -> None:
    cluster = make_cluster(settings=Settings(node_capacity={"cpu": "1", "memory": "1Gi", "pods": "10"}))

    def pod(name: str, restart: str) -> Any:
        container = {"name": "c", "image": "a", "resources": {"requests": {"cpu": "600m"}}}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name},
            "spec": {"restartPolicy": restart, "containers": [container]},
        }

    cluster.images["a"] = Exit(after=30)
    cluster.create("pods", pod("first", "Never"))
    cluster.create("pods", pod("second", "Never"))
    cluster.clock.sleep(10)
    message = next(item["message"] for item in cluster.get("pods/second")["status"]["conditions"] if item["type"] == "PodScheduled")
    assert message.endswith("1 No preemption victims found for incoming pod.")
    cluster.clock.sleep(25)
    assert cluster.get("pods/second")["spec"]["nodeName"] == "node-0"
