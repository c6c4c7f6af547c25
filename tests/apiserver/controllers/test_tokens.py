"""Token Secrets, as the real controllers 1.36 left them when asked by kubectl (started without `--root-ca-file`)."""

import base64

import pytest

TYPE = "kubernetes.io/service-account-token"


def secret(name="token", account="robot", **more):
    annotations = {"kubernetes.io/service-account.name": account}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "annotations": annotations}, "type": TYPE, **more}


@pytest.fixture
def account(cluster):
    return cluster.create("serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}})


def test_a_token_secret_is_filled(cluster, account):
    cluster.create("secrets", secret())
    made = cluster.get("secrets/token")
    assert sorted(made["data"]) == ["namespace", "token"]
    assert base64.b64decode(made["data"]["namespace"]) == b"default"
    assert base64.b64decode(made["data"]["token"]).count(b".") == 2
    assert made["metadata"]["annotations"]["kubernetes.io/service-account.uid"] == account["metadata"]["uid"]
    owners = [each for each in made["metadata"]["managedFields"] if each["manager"] == "kube-controller-manager"]
    assert [each["fieldsV1"] for each in owners] == [
        {
            "f:data": {".": {}, "f:namespace": {}, "f:token": {}},
            "f:metadata": {"f:annotations": {"f:kubernetes.io/service-account.uid": {}}},
        }
    ]


def test_what_is_there_stays_and_what_is_taken_comes_back(cluster, account):
    cluster.create("secrets", secret(data={"namespace": "YQ=="}))
    token = cluster.get("secrets/token")["data"]["token"]
    cluster.patch("secrets/token", {"data": {"token": None}})
    assert cluster.get("secrets/token")["data"] == {"namespace": "YQ==", "token": token}


@pytest.mark.parametrize("annotations", [{}, {"kubernetes.io/service-account.uid": "another"}])
def test_it_goes_with_its_account(cluster, account, annotations):
    made = secret()
    made["metadata"]["annotations"] |= annotations
    cluster.create("secrets", made)
    cluster.create("secrets", {**secret("mine"), "type": "Opaque"})
    if not annotations:
        cluster.delete("serviceaccounts/robot")
    assert [each["metadata"]["name"] for each in cluster.list("secrets")] == ["mine"]


def test_without_an_account_it_goes_at_once(cluster):
    cluster.create("secrets", secret(account="nobody"))
    assert cluster.list("secrets") == []
