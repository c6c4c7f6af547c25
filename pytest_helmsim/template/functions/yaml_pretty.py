"""`toYamlPretty`: values as go-yaml v3's encoder prints them with an indentation of two, lists one step deeper than their key.

No way through JSON: whole floats beyond 21 digits and from a million on have exponents (`1e+06`), structs are fields in lower case.

Source: sigs.k8s.io/yaml goyaml.v3 encode.go, emitterc.go; helm.sh/helm/v4 pkg/engine/funcs.go.
"""

from __future__ import annotations

from pytest_helmsim.objects import yamlio
from pytest_helmsim.template.values import Value


def dump(value: Value) -> str:
    """YAML text with a final newline."""
    return yamlio.dump(value)
