"""`get all --template` prints what the real helm, 3 and 4, printed of a record like this one."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_helmsim.cli.record_template import executed
from pytest_helmsim.objects.flavour import HELM3, HELM4
from pytest_helmsim.release.model import HookRecord, Info, Release
from pytest_helmsim.template.errors import TemplateError

RELEASE = Release(
    "web",
    "here",
    2,
    Info(last_deployed="2026-01-02T03:04:05.5Z", status="deployed"),
    {"metadata": {"name": "app", "version": "1.2.3"}, "values": {"colour": "blue"}},
    hooks=(HookRecord("before", "ConfigMap", "p", "m", ("pre-install", "pre-upgrade"), weight=1),),
    labels={"team": "red"},
)
ROWS = [
    ("{{.Release.Name}} {{.Release.Info.Status}} {{.Release.Version}}", "web deployed 2"),
    ("{{range .Release.Hooks}}{{.Name}} {{.Events}} {{.Weight}}{{end}}", "before [pre-install pre-upgrade] 1"),
    ('{{.Release.Chart.Metadata.Name}} {{index .Release.Chart.Values "colour"}} {{.Release.Labels}}', "app blue map[team:red]"),
    ("{{.Release.Info.Deleted}}", "0001-01-01 00:00:00 +0000 UTC"),
]
REFUSED = [
    ("{{", "template: _:1: unclosed action", None),
    ("{{.Release.Nothing}}", "can't evaluate field Nothing in type interface {}", None),
    ("{{.Release.Info.Nothing}}", "can't evaluate field Nothing in type *release.Info", HELM3),
    ("{{.Release.Info.Nothing}}", "can't evaluate field Nothing in type *v1.Info", HELM4),
    ("{{.Release.Name | upper}}", 'function "upper" not defined', None),
]


@pytest.mark.parametrize("flavour", [HELM3, HELM4])
@pytest.mark.parametrize(("text", "printed"), ROWS)
def test_printed(text: str, printed: str, flavour: Any):
    assert executed(text, RELEASE, flavour) == printed


@pytest.mark.parametrize(("text", "words", "only"), REFUSED)
def test_refused(text: str, words: str, only: Any):
    for flavour in [only] if only else [HELM3, HELM4]:
        with pytest.raises(TemplateError, match=".*") as failure:
            executed(text, RELEASE, flavour)
        assert words in str(failure.value)
