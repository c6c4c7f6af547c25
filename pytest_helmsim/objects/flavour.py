"""Which program is meant where the two differ: Helm 3.22 or Helm 4.3."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Flavour: TypeAlias = Literal["helm3", "helm4"]

HELM3: Final = "helm3"
HELM4: Final = "helm4"
FLAVOURS: Final[tuple[Flavour, ...]] = (HELM3, HELM4)
