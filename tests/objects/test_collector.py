"""Pauses of Python's collector: they nest, end with an error too, and leave a collector that was off as it was."""

from __future__ import annotations

import gc

import pytest

from pytest_helmsim.objects import collector


@pytest.fixture(autouse=True)
def _restored():
    was = gc.isenabled()
    yield
    (gc.enable if was else gc.disable)()


def test_pauses_nest():
    gc.enable()
    with collector.paused():
        with collector.paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_ends_the_pause():
    gc.enable()
    with pytest.raises(ValueError, match="x"), collector.paused():
        raise ValueError("x")
    assert gc.isenabled()


def test_what_was_off_stays_off():
    gc.disable()
    with collector.paused():
        assert not gc.isenabled()
    assert not gc.isenabled()
