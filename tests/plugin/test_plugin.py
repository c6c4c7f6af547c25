"""The plugin from outside: projects with and without it, options by their three names, marks, skips, explanations.

Each test runs pytest inside pytest on a tiny project. Left out on purpose: what fixtures do with a release (tests/harness).
"""

import textwrap

import pytest

pytest_plugins = ["pytester"]

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: tiny\nversion: 1.0.0\n",
    "values.yaml": "colour: blue\n",
    "templates/settings.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  colour: "{{ .Values.colour }}"\n',
}


@pytest.fixture
def project(pytester, monkeypatch):
    """A project with one chart; `project(test code)` writes the test and gives a runner."""
    for name in ("HELMSIM_CLUSTER", "HELMSIM_HELM", "HELMSIM_KUBERNETES", "HELMSIM_STRICT", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    for name, text in CHART.items():
        file = pytester.path / "charts" / "tiny" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def write(code):
        pytester.makepyfile(textwrap.dedent(code))
        return lambda *options: pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)

    return write


HELM = """
def test_flavour(cluster):
    assert cluster.flavour == "helm3"
"""


@pytest.mark.parametrize(
    ("options", "environment", "ini"),
    [
        (["--helmsim-helm=3"], "", ""),
        ([], "3", ""),
        ([], "", "3"),
        (["--helmsim-helm=3"], "4", "4"),  # the command line goes before the environment, that before the ini file
        ([], "3", "4"),
    ],
)
def test_an_option_by_each_of_its_names(project, pytester, monkeypatch, options, environment, ini):
    run = project(HELM)
    if environment:
        monkeypatch.setenv("HELMSIM_HELM", environment)
    if ini:
        pytester.makeini(f"[pytest]\nhelmsim_helm = {ini}\n")
    run(*options).assert_outcomes(passed=1)


def test_the_mark_goes_before_every_option(project):
    run = project("import pytest\n@pytest.mark.helmsim(helm='3')" + HELM)
    run("--helmsim-helm=4").assert_outcomes(passed=1)


USAGE = [
    # environment, options, what the error says
    ({"HELMSIM_CLUSTER": "moon"}, [], "environment variable HELMSIM_CLUSTER: 'moon' is none of embedded, kind, kubeconfig"),
    ({}, ["--helmsim-kubernetes=1.5"], "1.5"),
    ({}, ["--helmsim-cluster=kubeconfig", "--helmsim-kubeconfig=nowhere"], "no kubeconfig at nowhere"),
    ({}, ["--helmsim-cluster=kind", "--helmsim-kind-bin=nowhere"], "nowhere is no program"),
]


@pytest.mark.parametrize(("environment", "options", "message"), USAGE)
def test_settings_that_cannot_be(project, monkeypatch, environment, options, message):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = project("def test_cluster(cluster): pass")(*options)
    result.assert_outcomes(errors=1)
    assert message in result.stdout.str()


def test_a_kubeconfig_that_is_no_yaml_is_named(project, pytester):
    (pytester.path / "broken").write_text("a: [")
    result = project("def test_cluster(cluster): pass")("--helmsim-cluster=kubeconfig", "--helmsim-kubeconfig=broken")
    result.assert_outcomes(errors=1)
    assert "the kubeconfig broken cannot be read" in result.stdout.str()


@pytest.mark.parametrize(("mark", "message"), [("helm='5'", "Helm 3 or 4 is known"), ("helmet='3'", "mark helmsim does not know helmet")])
def test_a_mark_with_a_mistake(project, mark, message):
    result = project(f"import pytest\n@pytest.mark.helmsim({mark})\ndef test_it(cluster): pass")()
    result.assert_outcomes(errors=1)
    assert message in result.stdout.str()


def test_clusters_of_two_tests_do_not_see_each_other(project):
    run = project("""
        import pytest
        @pytest.mark.parametrize("n", [1, 2])
        def test_install(releases, cluster, n):
            assert not cluster.live("ConfigMap/settings").exists
            releases("same").install("charts/tiny")
            assert cluster.live("ConfigMap/settings").exists
    """)
    run().assert_outcomes(passed=2)


def test_a_failed_assertion_shows_the_sides_and_the_story(project):
    run = project("""
        def test_drift(release):
            release.install("charts/tiny")
            release.live("ConfigMap/settings").patch({"data": {"shape": "round"}})
            upgrade = release.upgrade("charts/tiny", values={"colour": "red"})
            assert upgrade["ConfigMap/settings"].field("data.colour").verdict == "kept"
    """)
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*ConfigMap/settings data.colour",
            "*original *blue*",
            "*live *blue*",
            "*target *red*",
            "*result *red*",
            "*helmsim: what happened*",
            "install *tiny 1.0.0*",
            "drift *ConfigMap/settings: patch*by kubectl-patch",
            "upgrade *",
            "*changed *data.colour*blue*red*",
        ]
    )


def test_a_failed_comparison_of_the_history_shows_it_as_a_table(project):
    run = project("""
        def test_history(release):
            release.install("charts/tiny")
            assert release.history.statuses == {1: "failed"}
    """)
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*REVISION*STATUS*CHART*DESCRIPTION*", "*1 *deployed*tiny-1.0.0*Install complete*"])


def test_explain_tells_the_story_of_a_passing_test(project):
    run = project("""
        def test_install(release):
            release.install("charts/tiny")
    """)
    result = run("--helmsim-explain")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*install *tiny 1.0.0 as install: revision 1 deployed", "*ConfigMap/settings created"])
    assert "ConfigMap/settings created" not in run().stdout.str()


def test_what_the_cluster_cannot_do_is_a_visible_skip(project, pytester):
    (pytester.path / "conftest.py").write_text(
        textwrap.dedent("""
            import pytest
            @pytest.fixture
            def helmsim_cluster(helmsim_cluster):
                helmsim_cluster._backend = type("Real", (), {"name": "kubeconfig", "server": None})()
                return helmsim_cluster
        """)
    )
    result = project("""
        import pytest
        def test_images(cluster):
            cluster.images["web"] = None
    """)("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*the cluster `kubeconfig` has no scripted images: its kubelet runs the images that are there"])


def test_a_project_may_override_the_short_names(project):
    run = project("""
        import pytest
        @pytest.fixture
        def cluster(): return "mine"
        @pytest.fixture
        def release(): return "mine"
        def test_both(cluster, release, helmsim_release):
            assert cluster == release == "mine"
            helmsim_release.install("charts/tiny")
    """)
    run().assert_outcomes(passed=1)


def test_loading_imports_nothing_heavy(pytester):
    script = (
        "import sys, pytest_helmsim.plugin;"
        "print([m for m in sys.modules if m.split('.')[0] in ('kubernetes', 'yaml', 'jinja2', 'cryptography', 're2', 'rich', 'click')"
        " or m.startswith('pytest_helmsim.') and m.split('.')[1] not in ('plugin', '_version')])"
    )
    assert pytester.runpython_c(script).stdout.str().strip() == "[]"


def test_xdist_runs_the_same(project):
    run = project("""
        import pytest
        @pytest.mark.parametrize("n", range(4))
        def test_install(release, n):
            release.install("charts/tiny")
    """)
    run("-n", "2").assert_outcomes(passed=4)
