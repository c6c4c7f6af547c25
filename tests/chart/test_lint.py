"""Rules of `helm lint` that only one of the Helms has; the words are the real programs'."""

from __future__ import annotations

from pathlib import Path

from pytest_helmsim.chart import lint

CRD_HOOK = (
    "manifest is a crd-install hook. This hook is no longer supported in v3 and all CRDs should also exist the crds/ directory at the "
    "top level of the chart"
)
RELEASE_TIME = ".Release.Time has been removed in v3, please replace with the `now` function in your templates"
FILES = {
    "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\nicon: https://a.b/i.png\n",
    "values.yaml": "{}\n",
    "templates/_x.tpl": "{{/* .Release.Time helm.sh/hook:  crd-install */}}",
    "templates/a.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    "helm.sh/hook": crd-install\n',
    "templates/b.yml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name}\n",
}


def findings(folder: Path, flavour: str) -> list[tuple[str, str, str]]:
    for path, text in FILES.items():
        target = folder / "c" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    found = lint.lint(folder / "c", {}, flavour=flavour)
    return [(each.severity, each.path, each.text.partition(":")[0]) for each in found if each.path != "values.yaml"]


def test_helm_3_warns_of_what_came_from_helm_2_and_looks_into_yaml_only(tmp_path: Path) -> None:
    assert findings(tmp_path, "helm3") == [
        ("WARNING", "templates/_x.tpl", CRD_HOOK),
        ("ERROR", "templates/_x.tpl", RELEASE_TIME),
        ("WARNING", "templates/a.yaml", CRD_HOOK),
    ]


def test_helm_4_looks_into_yml_too(tmp_path: Path) -> None:
    assert findings(tmp_path, "helm4") == [("WARNING", "templates/b.yml", "object name does not conform to Kubernetes naming requirements")]
