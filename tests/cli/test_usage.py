"""Wrong words on the command line get the words that Helm has for them.

The rows were asked of helm 4.3.1 and 3.22.0; the program's own name differs. Left out on purpose: errors that need a cluster.
"""

import re

import pytest

from pytest_helmsim.cli import app

BOTH = [
    # arguments, standard error after `Error: `
    (["install"], '"helmsim install" requires at least 1 argument\n\nUsage:  helmsim install [NAME] [CHART] [flags]'),
    (["upgrade", "x"], '"helmsim upgrade" requires 2 arguments\n\nUsage:  helmsim upgrade [RELEASE] [CHART] [flags]'),
    (["rollback"], '"helmsim rollback" requires at least 1 argument\n\nUsage:  helmsim rollback <RELEASE> [REVISION] [flags]'),
    (["history"], '"helmsim history" requires 1 argument\n\nUsage:  helmsim history RELEASE_NAME [flags]'),
    (["history", "a", "b"], '"helmsim history" requires 1 argument\n\nUsage:  helmsim history RELEASE_NAME [flags]'),
    (["list", "x"], '"helmsim list" accepts no arguments\n\nUsage:  helmsim list [flags]'),
    (["get", "values"], '"helmsim get values" requires 1 argument\n\nUsage:  helmsim get values RELEASE_NAME [flags]'),
    (["foo"], 'unknown command "foo" for "helmsim"\nRun \'helmsim --help\' for usage.'),
    (["install", "--foo", "x"], "unknown flag: --foo"),
    (["install", "-n"], "flag needs an argument: 'n' in -n"),
    (["install", "--namespace"], "flag needs an argument: --namespace"),
    (["list", "-z"], "unknown shorthand flag: 'z' in -z"),
    (["upgrade", "--timeout", "x", "a", "b"], 'invalid argument "x" for "--timeout" flag: time: invalid duration "x"'),
    (["install", "-o", "foo", "a", "b"], 'invalid argument "foo" for "-o, --output" flag: invalid format type'),
    (["list", "--max", "x"], 'invalid argument "x" for "-m, --max" flag: strconv.ParseInt: parsing "x": invalid syntax'),
    (["install", "a", "b", "--labels", "foo"], 'invalid argument "foo" for "-l, --labels" flag: foo must be formatted as key=value'),
]
ONLY_4 = [
    (["list", "-az"], "unknown shorthand flag: 'a' in -az"),
    (
        ["install", "a", "b", "--wait=foo"],
        'invalid argument "foo" for "--wait" flag: invalid wait input "foo". Valid inputs are watcher, hookOnly, and legacy',
    ),
]
ONLY_3 = [
    (["list", "-az"], "unknown shorthand flag: 'z' in -z"),
    (["install", "a", "b", "--wait=foo"], 'invalid argument "foo" for "--wait" flag: strconv.ParseBool: parsing "foo": invalid syntax'),
    (["install", "a", "b", "--server-side"], "unknown flag: --server-side"),
]
ROWS = [(v, *row) for v in "34" for row in BOTH] + [("4", *row) for row in ONLY_4] + [("3", *row) for row in ONLY_3]


@pytest.mark.parametrize(("version", "arguments", "message"), ROWS)
def test_usage_errors(capsys, version, arguments, message):
    assert app.run([*arguments, "--helm-version", version]) == 1
    printed = capsys.readouterr()
    assert printed.err == f"Error: {message}\n"
    assert printed.out == ""


READ = [
    # arguments of `upgrade`, flag, value
    (["--wait"], "wait", "watcher"),
    ([], "wait", "hookOnly"),
    (["--wait=legacy"], "wait", "legacy"),
    (["-i"], "install", True),
    (["--install=false"], "install", False),
    (["-if", "a,b", "-f", "c"], "values", ["a", "b", "c"]),
    (["--set", "a=1,b=2", "--set=c=3"], "set", ["a=1,b=2", "c=3"]),
    (["-nblue"], "namespace", "blue"),
    (["-n=blue"], "namespace", "blue"),
    (["--labels", "a=1,b=2", "-l", "b=3"], "labels", {"a": "1", "b": "3"}),
    (["--labels", '"a=1,2"'], "labels", {"a": "1,2"}),
    (["--dry-run"], "dry_run", "unset"),
    (["--dry-run=server"], "dry_run", "server"),
    (["--history-max", "0x10"], "history_max", 16),
]


@pytest.mark.parametrize(("flags", "name", "expected"), READ)
def test_flags_are_read_as_pflag_reads_them(monkeypatch, flags, name, expected):
    from pytest_helmsim.cli import operations

    seen = []
    monkeypatch.setattr(operations, "upgrade", lambda arguments, options: seen.append((arguments, options[name])))
    assert app.run(["upgrade", "web", *flags, "charts/web"]) == 0
    assert seen == [(["web", "charts/web"], expected)]


def test_global_flags_may_stand_before_the_verb(monkeypatch):
    from pytest_helmsim.cli import queries

    seen = []
    monkeypatch.setattr(queries, "list_releases", lambda arguments, options: seen.append((options.namespace, options.debug)))
    assert app.run(["-n", "blue", "--debug", "list"]) == 0
    assert app.run(["-n", "blue", "list", "-n", "red"]) == 0
    assert seen == [("blue", True), ("red", False)]


def test_a_deprecated_flag_says_its_new_name(monkeypatch, capsys):
    from pytest_helmsim.cli import operations

    seen = []
    monkeypatch.setattr(operations, "upgrade", lambda arguments, options: seen.append(options.rollback_on_failure))
    assert app.run(["upgrade", "web", "chart", "--atomic"]) == 0
    assert seen == [True]
    assert capsys.readouterr().err == "Flag --atomic has been deprecated, use --rollback-on-failure instead\n"


DEBUGGED = [
    # Helm, arguments, lines on standard error (the moment of Helm 3's left out)
    ("4", ["template", "{c}", "--debug"], ['level=DEBUG msg="Original chart version" version=""', 'level=DEBUG msg="Chart path" path={c}']),
    ("4", ["show", "chart", "{c}", "--debug"], ['level=DEBUG msg="original chart version" version=""']),
    (
        "4",
        ["template", "{c}", "--debug", "--devel"],
        [
            'level=DEBUG msg="Original chart version" version=""',
            'level=DEBUG msg="setting version to >0.0.0-0"',
            'level=DEBUG msg="Chart path" path={c}',
        ],
    ),
    (
        "3",
        ["template", "{c}", "--debug"],
        ['install.go:225: [debug] Original chart version: ""', "install.go:242: [debug] CHART PATH: {c}", ""],
    ),
    ("3", ["show", "chart", "{c}", "--debug", "--version", "1"], ['show.go:214: [debug] Original chart version: "1"']),
]


@pytest.mark.parametrize(("version", "arguments", "lines"), DEBUGGED)
def test_debug_says_where_charts_are_looked_for(capsys, monkeypatch, tmp_path, version, arguments, lines):
    chart = tmp_path / "c"
    chart.mkdir()
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: c, version: 0.1.0}")
    words = [each.replace("{c}", str(chart)) for each in arguments]
    assert app.run([*words, "--helm-version", version]) == 0
    shown = re.sub(r": \d{4}-.* m=\S+ \[debug\]", ": [debug]", capsys.readouterr().err)
    assert shown.splitlines() == [each.replace("{c}", str(chart)) for each in lines]
    monkeypatch.setenv("HELM_DEBUG", "1")
    assert app.run([each for each in words if each != "--debug"] + ["--helm-version", version]) == 0
    assert len(capsys.readouterr().err.splitlines()) == len(lines)
