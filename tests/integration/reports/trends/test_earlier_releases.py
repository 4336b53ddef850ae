"""Which waves are compared: those of one campaign whose release is not withdrawn, in their
order."""

from __future__ import annotations

from flask import Flask

from survey.campaigns.models import Wave
from survey.database import read
from survey.reports.trends.earlier_releases import has_earlier, read_held
from survey.reports.trends.load_trends import read_side_by_side
from tests.integration.reports.school.test_views import publish
from tests.integration.reports.waves import WITHDRAWN, add_wave
from tests.unit.reports.samples import sample
from tests.world import Side, World

GSHS = ("gshs", "2018.1")


def numbers(app: Flask, side: Side) -> list[int]:
    with app.app_context():
        wave = read().get_one(Wave, (side.school_id, side.wave_id))
        return [one.number for one in read_held(read(), wave=wave, language="en")]


def test_a_wave_is_read_with_those_before_it(app: Flask, world: World) -> None:
    sides = [world.own, *(add_wave(app, world.own, number) for number in (2, 3))]
    for side in reversed(sides):
        publish(app, side, *sample(GSHS))
    publish(app, world.other, *sample(GSHS))
    assert [numbers(app, side) for side in sides] == [[1], [1, 2], [1, 2, 3]]


def test_a_withdrawn_wave_is_compared_with_nothing(app: Flask, world: World) -> None:
    sides = [world.own, *(add_wave(app, world.own, number) for number in (2, 3))]
    publish(app, sides[0], *sample(GSHS))
    publish(app, sides[1], *sample(GSHS), **WITHDRAWN)
    publish(app, sides[2], *sample(GSHS))
    assert numbers(app, sides[2]) == [1, 3]
    with app.app_context():
        first, second, third = (
            read_side_by_side(
                read(),
                wave=read().get_one(Wave, (side.school_id, side.wave_id)),
                language="en",
            )
            for side in sides
        )
    assert first is None
    assert second is None
    assert third is not None
    changes = third.over.changes
    assert (changes.number_before, changes.number_now) == (1, 3)


def test_an_earlier_report_is_one_that_stands(app: Flask, world: World) -> None:
    second = add_wave(app, world.own, 2)
    publish(app, second, *sample(GSHS))

    def found(side: Side) -> bool:
        with app.app_context():
            wave = read().get_one(Wave, (side.school_id, side.wave_id))
            return has_earlier(read(), wave=wave)

    assert not found(second)
    publish(app, world.own, *sample(GSHS))
    assert found(second)
    assert not found(world.own)
