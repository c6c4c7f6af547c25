"""The line about a long wait: only on a terminal, gone when the wait is over, and words for an interruption."""

from __future__ import annotations

import sys

import pytest

from pytest_helmsim.cli.progress import Waiting, words

ROWS = [
    # what is left, the line
    ({"Job/a": "hook is running"}, "waiting for 1: Job/a (hook is running)"),
    ({"Pod/a": "", "Pod/b": "two\nlines"}, "waiting for 2: Pod/a, Pod/b (two)"),
    ({f"Pod/{n}": "" for n in range(5)}, "waiting for 5: Pod/0, Pod/1, Pod/2, and 2 more"),
]


@pytest.mark.parametrize(("left", "line"), ROWS)
def test_words(left: dict[str, str], line: str) -> None:
    assert words(left) == line


def test_nothing_is_printed_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    waiting = Waiting()
    waiting({"Pod/a": "x"})
    waiting.interrupted()
    assert capsys.readouterr() == ("", "")
    assert waiting.left == {"Pod/a": "x"}


def test_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    waiting = Waiting()
    waiting({"Pod/a": "[x]"})
    waiting({"Pod/a": "y"})
    waiting.interrupted()
    assert "interrupted while waiting for 1: Pod/a (y); the record says failed" in capsys.readouterr().err
    waiting({})
    waiting.interrupted()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("flavour", ["helm3", "helm4"])
def test_the_engine_tells_what_it_waits_for(tmp_path, flavour) -> None:  # type: ignore[no-untyped-def]
    from pytest_helmsim.backends.base import Settings, open_source
    from pytest_helmsim.release.engine import Engine

    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 0.1.0\n")
    (tmp_path / "templates/a.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: a}}\n"
        "  template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: a}]}}\n"
    )
    told: list[dict[str, str]] = []
    with open_source(Settings()) as source, source.isolate("x") as backend:
        Engine(backend.client, flavour=flavour, progress=lambda left: told.append(dict(left))).install("app", tmp_path, wait=True)
    assert list(told[0]) == ["Deployment/a"]
    assert told[-1] == {}
