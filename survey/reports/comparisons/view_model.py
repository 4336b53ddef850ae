"""The view model of a comparison: its figures with the words of the template. Pure.

Schools are always in the order of their letters, never of their results.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from survey.questionnaires.model import Indicator, Inside, Item, Questionnaire
from survey.questionnaires.table_key import TableKey
from survey.releases import sums_of_answers
from survey.releases.tabulation_plan import YES
from survey.reports.comparisons.blurred_shares import as_shown
from survey.reports.comparisons.comparison_document import (
    ComparedFigure,
    ComparedSchool,
    Comparison,
    SchoolFigure,
)
from survey.reports.comparisons.size_bands import Band, read_bands
from survey.reports.comparisons.statistics.funnel_limits import (
    Funnel,
    FunnelPosition,
    FunnelVerdict,
    read_funnel,
)
from survey.reports.comparisons.statistics.significance import that_hold
from survey.reports.school.question_blocks import TONES
from survey.reports.school.report_data import Measure, Tone

LEADS = frozenset(
    {
        sums_of_answers.HAPPENED,
        sums_of_answers.WEEKLY,
        sums_of_answers.AGREED,
        sums_of_answers.WORRIED,
        sums_of_answers.CHANGED,
        sums_of_answers.FEEL_UNSAFE,
    }
)
"""The boxes that are in an overview; a pair's second is on the page of its theme."""


@dataclass(frozen=True)
class ComparedFigureView:
    """One figure over the schools, with its words. `asked` is the item's wording where the label is
    only a row or an option of it. `figure` is as it is shown with letters, and `printed` as it is
    in the reports."""

    label: str
    asked: str | None
    measure: Measure
    themes: tuple[str, ...]
    figure: ComparedFigure
    is_place: bool
    is_inside: bool
    funnel: Funnel
    printed: ComparedFigure
    is_indicator: bool = False

    @property
    def name(self) -> tuple[str, str]:
        return self.figure.table, self.figure.answer

    @property
    def lowest(self) -> FunnelPosition:
        """One of those with the lowest place on the axis; used for its figure, not its name."""
        return self._standing(min(self._given, key=lambda one: one.place or 0))

    @property
    def highest(self) -> FunnelPosition:
        return self._standing(max(self._given, key=lambda one: one.place or 0))

    def _standing(self, one: SchoolFigure) -> FunnelPosition:
        """As its band shows it: the "under 1 %" of its base would say that many answered."""
        return next(x for x in self.funnel.apart_from_letters if x.school == one.school)

    @property
    def places(self) -> tuple[int, ...]:
        """Where schools are on the axis, without saying which is which."""
        return tuple(sorted(one.place for one in self._given if one.place is not None))

    @property
    def _given(self) -> tuple[SchoolFigure, ...]:
        return tuple(one for one in self.figure.schools if one.is_given)

    @property
    def is_lead(self) -> bool:
        return self.is_indicator or self.figure.answer in LEADS


@dataclass(frozen=True)
class Distribution:
    """The content of an authority's page."""

    comparison: Comparison
    figures: tuple[ComparedFigureView, ...]
    bands: tuple[Band, ...]

    @property
    def apart(self) -> tuple[ComparedFigureView, ...]:
        """The figures in which any school is outside its 95 % limits, as they were asked; of two
        that say the same of an item, the one that leads."""
        return tuple(one for one in self._leading if one.funnel.apart)

    @property
    def expected_apart(self) -> int:
        """The expected number of schools outside the 95 % limits, if schools differed only by
        chance and the usual amount."""
        return round(sum(one.figure.given for one in self._leading) / 20)

    def compared_of(self, code: str) -> tuple[ComparedFigureView, ...]:
        """The figures in which a school is held against the others, each said once."""
        return tuple(one for one in self._leading if one.funnel.standing_of(code).is_given)

    def expected_of(self, code: str) -> int:
        """The expected number of figures in which a school is outside the 95 % limits by chance."""
        return round(len(self.compared_of(code)) / 20)

    def apart_of(self, code: str) -> tuple[ComparedFigureView, ...]:
        """Those in which it does lie outside."""
        return tuple(
            one
            for one in self.compared_of(code)
            if one.funnel.standing_of(code).verdict is not FunnelVerdict.INSIDE
        )

    def holds_of(self, code: str) -> tuple[ComparedFigureView, ...]:
        """Those that remain significant with so many figures."""
        found = that_hold(
            {one.name: one.funnel.standing_of(code).chance for one in self.compared_of(code)}
        )
        return tuple(one for one in self.apart_of(code) if one.name in found)

    @cached_property
    def holding(self) -> frozenset[tuple[tuple[str, str], str]]:
        """The figures, and schools by letter, that hold among all figures of all schools."""
        return that_hold(
            {
                (one.name, standing.school): standing.chance
                for one in self._leading
                for standing in one.funnel.standings
                if standing.is_given
            }
        )

    def named_apart(self) -> tuple[ComparedFigureView, ...]:
        """The figures in which a school is apart, and holds among all."""
        names = {name for name, _school in self.holding}
        return tuple(one for one in self.apart if one.name in names)

    @property
    def _leading(self) -> tuple[ComparedFigureView, ...]:
        return tuple(one for one in self.figures if one.is_lead)

    def seen_by(self, code: str) -> Distribution:
        """As the school with this letter sees it, which knows its own shares."""
        figures = (
            replace(one, figure=one.printed, funnel=one.funnel.seen_by(code))
            for one in self.figures
        )
        return replace(self, figures=tuple(figures))

    def band_of(self, code: str) -> Band:
        return next(band for band in self.bands if code in band.codes)

    @property
    def releases(self) -> tuple[str, ...]:
        return self.comparison.releases

    @property
    def schools(self) -> tuple[ComparedSchool, ...]:
        return self.comparison.schools

    def places(self, *, inside: bool) -> tuple[ComparedFigureView, ...]:
        """Places by the median school's share, highest first; ties as they were asked."""
        found = (
            one
            for one in self.figures
            if one.is_place
            and one.is_inside is inside
            and one.figure.answer == sums_of_answers.FEEL_UNSAFE
        )
        return tuple(sorted(found, key=lambda one: -one.figure.median))

    def indicators(self, *, good: bool) -> tuple[ComparedFigureView, ...]:
        found = (
            one
            for one in self.figures
            if one.is_indicator and (one.measure.tone is Tone.GOOD) is good
        )
        return tuple(sorted(found, key=lambda one: -one.figure.median))

    def find(self, table: str, answer: str) -> ComparedFigureView | None:
        return next((one for one in self.figures if one.name == (table, answer)), None)


def read_distribution(
    comparison: Comparison, template: Questionnaire, language: str
) -> Distribution:
    """The comparison with the words of the template it is over."""
    bands = read_bands(comparison)
    return Distribution(comparison, tuple(_all(comparison, template, language, bands)), bands)


def _all(
    comparison: Comparison, template: Questionnaire, language: str, bands: tuple[Band, ...]
) -> Iterator[ComparedFigureView]:
    indicators: dict[tuple[str, str], Indicator] = {
        (one.table_key, YES): one for one in template.indicators
    }
    for one in template.indicators:
        net = sums_of_answers.net_of(template, one)
        if net is not None:
            indicators[net.table, net.figure] = one
    named = [one.code for one in comparison.schools if one.name]
    for figure, printed in zip(as_shown(comparison, bands), comparison.figures, strict=True):
        funnel = read_funnel(figure, bands, named)
        funnel = replace(funnel, printed=read_funnel(printed, bands).apart_from_letters)
        indicator = indicators.get((figure.table, figure.answer))
        if indicator is not None:
            found = _indicator(figure, indicator, template, language, funnel)
            yield replace(found, printed=printed)
            continue
        item = template.by_key.get(TableKey(figure.table).item)
        if item is not None:
            found = _of_item(figure, item, template, language, funnel)
            yield replace(found, printed=printed)


def _indicator(
    figure: ComparedFigure,
    indicator: Indicator,
    template: Questionnaire,
    language: str,
    funnel: Funnel,
) -> ComparedFigureView:
    label = indicator.label.in_language(language)
    tone = Tone.GOOD if indicator.good else Tone.ADVERSE
    items = (template.by_key[key] for key in indicator.items)
    themes = tuple(dict.fromkeys(theme for item in items for theme in item.themes))
    measure = Measure("yes", label, tone)
    return ComparedFigureView(
        label, None, measure, themes, figure, False, False, funnel, figure, True
    )


def _of_item(
    figure: ComparedFigure, item: Item, template: Questionnaire, language: str, funnel: Funnel
) -> ComparedFigureView:
    asked = item.wording.in_language(language)
    labels = {option.key: option.label.in_language(language) for option in item.options}
    part = TableKey(figure.table).part
    rows = {row.key: row.label.in_language(language) for row in item.rows}
    label = rows.get(part) or labels.get(part) or asked
    box = next((one for one in sums_of_answers.boxes_of(item) if one.key == figure.answer), None)
    measure = Measure(
        figure.answer,
        None if box else labels.get(figure.answer),
        TONES.get(figure.answer, Tone.PLAIN),
        _sums(box.answers, labels) if box else (),
    )
    place = template.place(part) if item.places and ":" not in figure.table else None
    return ComparedFigureView(
        label,
        asked if part else None,
        measure,
        item.themes,
        figure,
        place is not None,
        place is not None and place.inside is Inside.INSIDE,
        funnel,
        figure,
    )


def _sums(answers: tuple[str, ...], labels: dict[str, str]) -> tuple[str, ...]:
    """What a box sums: labels of options, or the two ends of a band of a scale."""
    if not labels:
        return answers[0], answers[-1]
    return tuple(labels.get(answer, answer) for answer in answers)
