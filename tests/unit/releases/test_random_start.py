"""The secret of the random start level: the same wave, the same draw; another wave or key,
another."""

from __future__ import annotations

import uuid

from survey.disclosure.protection_levels import BY_GROUP, begin
from survey.releases.register.random_start import seed_of

KEY = bytes(range(32))
WAVE = {"school_id": uuid.UUID(int=1), "wave_id": uuid.UUID(int=2), "questionnaire_hash": "ab"}


def test_the_same_wave_and_key_give_the_same_seed():
    assert seed_of(KEY, **WAVE) == seed_of(KEY, **WAVE)
    assert len(seed_of(KEY, **WAVE)) == 32


def test_everything_that_names_the_wave_and_the_key_changes_it():
    seeds = {
        seed_of(KEY, **WAVE),
        seed_of(bytes(32), **WAVE),
        seed_of(KEY, **(WAVE | {"school_id": uuid.UUID(int=3)})),
        seed_of(KEY, **(WAVE | {"wave_id": uuid.UUID(int=3)})),
        seed_of(KEY, **(WAVE | {"questionnaire_hash": "ac"})),
    }
    assert len(seeds) == 5


def test_over_many_waves_the_lot_falls_as_often_as_the_ladder_says():
    steps = [
        begin(BY_GROUP, seed_of(KEY, **(WAVE | {"wave_id": uuid.UUID(int=at)})), "B2.toilets")
        for at in range(4000)
    ]
    for step, form in enumerate(BY_GROUP[:4]):
        assert abs(steps.count(step) / 4000 - form.chance / 10_000) < 0.025
