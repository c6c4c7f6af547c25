"""The root of our own exceptions, and the one that says «not done»."""

from __future__ import annotations


class HelmsimError(Exception):
    """Every error that a user's input or a cluster can cause; the message says what, where, why and what to do."""


class UnsupportedFeature(HelmsimError):
    """Something that the real program does and we do not: its name, and a way round it."""

    def __init__(self, feature: str, way_round: str) -> None:
        super().__init__(f"not supported: {feature}; {way_round}")
        self.feature = feature
        self.way_round = way_round
