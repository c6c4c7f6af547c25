"""Never green by silence: what was not checked, and what the cluster cannot run, is said at the end of the run or fails it.

Each test runs pytest inside pytest on a tiny project. Left out on purpose: which kinds and rules leave a note (tests/apiserver).
"""

import textwrap

import pytest

pytest_plugins = ["pytester"]

DEVICE = {"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "slow"}, "spec": {}}
UNCHECKED = f"""
def test_one(cluster, n):
    cluster.client.create({DEVICE})
def test_two(cluster, n):
    cluster.client.create({DEVICE})
    cluster.client.create({DEVICE} | {{"metadata": {{"name": "other"}}}})
def test_without(cluster, n):
    pass
"""
REAL = """
import pytest
@pytest.fixture
def helmsim_cluster(helmsim_cluster):
    helmsim_cluster._backend = type("Real", (), {"name": "kubeconfig", "server": None})()
    return helmsim_cluster
@pytest.fixture(params=[1, 2])
def n(): pass
"""
IMAGES = """
def test_images(cluster, n):
    cluster.images["web"] = None
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Run pytest on a conftest and a test module."""
    for name in ("HELMSIM_CLUSTER", "HELMSIM_STRICT"):
        monkeypatch.delenv(name, raising=False)

    def write_and_run(conftest, code, *options):
        pytester.makeconftest(textwrap.dedent(conftest))
        pytester.makepyfile(textwrap.dedent(code))
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)

    return write_and_run


TWICE = "import pytest\n@pytest.fixture(params=[1, 2])\ndef n(): pass\n"
SUMMARY = ["*= helmsim: not modelled =*", "4 tests: DeviceClass.resource.k8s.io: *"]


def test_what_was_not_checked_is_listed_once(run):
    result = run(TWICE, UNCHECKED, "-n", "1")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(SUMMARY)
    assert result.stdout.str().count("DeviceClass") == 1


def test_strict_fails_what_was_not_checked(run, pytester):
    pytester.makeini("[pytest]\nhelmsim_strict = true\n")
    result = run(TWICE, UNCHECKED)
    result.assert_outcomes(passed=2, failed=4)
    result.stdout.fnmatch_lines(["helmsim: not modelled (--helmsim-strict)", "DeviceClass.resource.k8s.io: *", *SUMMARY])


def test_the_story_of_a_failed_test_has_the_notes(run):
    code = f"def test_it(cluster):\n    cluster.client.create({DEVICE})\n    assert False"
    result = run("", code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*helmsim: what happened*", "unchecked  DeviceClass.resource.k8s.io: *"])


def test_what_the_cluster_cannot_run_is_counted(run):
    result = run(REAL, IMAGES)
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines(["*= helmsim: not run =*", "2 tests: the cluster `kubeconfig` has no scripted images: *"])


def test_strict_fails_what_the_cluster_cannot_run(run):
    result = run(REAL, IMAGES, "--helmsim-strict")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["the cluster `kubeconfig` has no scripted images: * (--helmsim-strict)"])
