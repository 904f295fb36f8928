"""Whole files have no flaw, cut ones always do, and nothing that is thrown at a walk harms it."""

from __future__ import annotations

import random

import pytest
from corpus import SAMPLES

from checker.verify.containers import examine

CUTS = 20
FLIPS = 200


@pytest.mark.parametrize("name", SAMPLES)
def test_whole_files_have_no_flaw(name: str) -> None:
    assert examine(SAMPLES[name](), name) is None


@pytest.mark.parametrize("name", SAMPLES)
def test_every_cut_is_found(name: str) -> None:
    data = SAMPLES[name]()
    places = [len(data) * part // CUTS for part in range(1, CUTS)] + [len(data) - 1]

    assert [place for place in places if examine(data[:place], name) is None] == []
