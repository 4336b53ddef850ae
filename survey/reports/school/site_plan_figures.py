"""The published shares of places, on the plan that the wave was launched with.

Pure: the figures are the lines of a block that is shown anyway, so nothing is published here that
the release does not print.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from survey.campaigns.site_plans.areas import PlanArea
from survey.campaigns.site_plans.operations import Plan, places_on_plan
from survey.questionnaires.model import Questionnaire
from survey.reports.school.report_data import Block, Line, Measure, PanelKind


@dataclass(frozen=True)
class ShadedArea:
    """A place with its figure. Its `number` is on its areas, if it was drawn."""

    number: int | None
    line: Line
    areas: tuple[PlanArea, ...]


@dataclass(frozen=True)
class OnPlan:
    """One measure of one block, over all places at school."""

    key: str
    plan: Plan
    measure: Measure
    places: tuple[ShadedArea, ...]

    @property
    def drawn(self) -> tuple[ShadedArea, ...]:
        return tuple(place for place in self.places if place.areas)

    def of(self, key: str) -> ShadedArea | None:
        """A place that is drawn, by its key."""
        lines = ((place, place.line.of) for place in self.drawn)
        return next((p for p, of in lines if isinstance(of, Measure) and of.key == key), None)


def read_on_plan(
    blocks: Sequence[Block], questionnaire: Questionnaire, plan: Plan | None
) -> dict[str, OnPlan]:
    """The plan for each block that ranks places at school, by the block's key. Numbers follow the
    order of the block, so that 1 is the place it names first."""
    if plan is None:
        return {}
    found = {block.key: _of_block(block, questionnaire, plan) for block in blocks}
    return {key: one for key, one in found.items() if one is not None}


def _of_block(block: Block, questionnaire: Questionnaire, plan: Plan) -> OnPlan | None:
    item = questionnaire.by_key.get(block.key)
    if item is None or item.places is None:
        return None
    at_school = places_on_plan(questionnaire)
    for panel in block.panels:
        if panel.kind is not PanelKind.RANKED:
            continue
        lines = [
            (line, plan.of_places((line.of.key,)))
            for line in panel.lines
            if isinstance(line.of, Measure) and line.of.key in at_school
        ]
        drawn = [(line, areas) for line, areas in lines if areas]
        if drawn:
            places = [
                *(ShadedArea(number, *one) for number, one in enumerate(drawn, start=1)),
                *(ShadedArea(None, line, ()) for line, areas in lines if not areas),
            ]
            return OnPlan(block.key, plan, panel.measures[0], tuple(places))
    return None
