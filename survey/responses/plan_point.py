"""The plan as a picture of a question, pure: a spot goes in, a place comes out.

A page of the plan is outside the walk and leads back to the page it came from. The spot a student
pressed is turned into a place immediately and goes no further: no address holds it, and nothing
keeps it. The answer is a tick on the list like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from survey.campaigns.site_plans.areas import Corner, PlanArea, nearest
from survey.campaigns.site_plans.operations import Plan, is_asked_on
from survey.questionnaires.model import Item, ItemKind, Option, Questionnaire
from survey.questionnaires.routing import AnswerError, Refusal
from survey.responses.flow import Go, PageForm

PLAN, CHOSE = "plan", "chose"
"""Pages outside the walk: the plan for an item, and the place that was read back."""


@dataclass(frozen=True)
class PlanPoint:
    """An item that is asked on the plan, and what is ticked of it so far."""

    item: Item
    plan: Plan
    ticked: tuple[str, ...]
    place: str = ""

    @property
    def beside(self) -> str:
        """What names the page, for the page to carry."""
        parts = (CHOSE, self.item.key, self.place) if self.place else (PLAN, self.item.key)
        return "-".join(parts)

    @property
    def areas(self) -> tuple[PlanArea, ...]:
        """The areas of places that are an answer to the item."""
        return self.plan.of_places(self.item.answers)

    @property
    def places(self) -> tuple[Option, ...]:
        """The places that are on the plan, numbered in the order of the list."""
        drawn = {area.place for area in self.areas}
        return tuple(option for option in self.item.options if option.key in drawn)

    @property
    def numbers(self) -> dict[str, int]:
        return {option.key: number for number, option in enumerate(self.places, start=1)}

    @property
    def chosen(self) -> tuple[Option, ...]:
        """The places among what is ticked, on the plan or not."""
        return tuple(
            option
            for option in self.item.options
            if option.key in self.ticked and not option.stands_alone
        )

    @property
    def is_full(self) -> bool:
        """May nothing be added? (One of a list is changed, not added to.)"""
        return self.item.most is not None and len(self.chosen) >= self.item.most

    @property
    def takes_more(self) -> bool:
        """May another place be chosen after this one?"""
        if self.item.kind is ItemKind.ONE:
            return False
        after = {option.key for option in self.chosen} | {self.place}
        return self.item.most is None or len(after) < self.item.most

    @property
    def option(self) -> Option | None:
        """The place that was read back."""
        return self.item.option(self.place)


def read_where(questionnaire: Questionnaire, plan: Plan | None, form: PageForm) -> PlanPoint:
    """What a form of these pages is about, or an `AnswerError` for one that none of them sent."""
    _kind, _, rest = form.beside.partition("-")
    key, _, place = rest.partition("-")
    item = questionnaire.by_key.get(key)
    if plan is None or item is None or not is_asked_on(plan, item):
        raise AnswerError("", Refusal.MALFORMED)
    given = form.given.get(key, ())
    ticked = (given,) if isinstance(given, str) else tuple(given)
    where = PlanPoint(item, plan, ticked, place)
    if place and place not in where.numbers:
        raise AnswerError(key, Refusal.NOT_AN_OPTION)
    return where


def at_spot(where: PlanPoint, spot: Corner) -> PlanPoint:
    """The place that a spot means."""
    found = nearest(where.areas, spot)
    return replace(where, place=found.place if found else "")


def take(where: PlanPoint, form: PageForm) -> PageForm:
    """The form with the place ticked, as if it had been ticked on the list."""
    alone = {option.key for option in where.item.options if option.stands_alone}
    if where.item.kind is ItemKind.ONE:
        ticks = [where.place]
    else:
        ticks = [one for one in where.ticked if one not in alone and one != where.place]
        ticks.append(where.place)
    given = {**form.given, where.item.key: ticks}
    return replace(form, go=Go.RETURN, beside="", given=given)
