"""The parts of a printed report as plain values for the PDF templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from survey.disclosure.figures import Status
from survey.exports.provenance import Imprint
from survey.i18n import gettext as _
from survey.questionnaires.gender_question.wording import sex_or_gender
from survey.questionnaires.themes import theme_label
from survey.reports.charts import share_charts
from survey.reports.charts.dot_chart import Drawable
from survey.reports.charts.heat_shades import SHADES, shade_at, shade_of
from survey.reports.charts.shaded_site_plan import plan_svg, plan_title, plan_words
from survey.reports.school.finding import Finding
from survey.reports.school.report_data import Heat, Panel, PanelKind, ReportData, Share, Tone
from survey.reports.school.rounded_and_hidden import Protection
from survey.reports.school.site_plan_figures import OnPlan
from survey.reports.school.summary import Opening, Responded, theme_of
from survey.reports.wording import rounded_and_hidden as promise
from survey.reports.wording.chart_notes import heat_note, takeaway
from survey.reports.wording.figures import count_words, interval_words, share_words, why_hidden
from survey.reports.wording.findings import (
    group_sentences,
    order_among,
    peak_sentence,
    standing_sentence,
    time_sentence,
    when_sentence,
)
from survey.reports.wording.labels import group_label, in_small, label_of, line_label, measure_label
from survey.reports.wording.who_answered import may_belong_sentence

Part = dict[str, Any]
Draw = Callable[[Drawable], str]
"""Returns a chart as an `<svg>` element, from the store or newly drawn."""


def chart(one: Drawable, draw: Draw) -> Part:
    """The chart of the page, and its description."""
    return {
        "svg": draw(one),
        "alt": f"{one.title} {one.description}",
    }


def standing(one: Finding, title: str, sub: str = "") -> Part:
    """A finding (place, theme, strength or time) with its sentences."""
    interval = interval_words(one.share)
    return {
        "title": title,
        "sub": sub,
        "tone": one.measure.tone.value,
        "share": share_words(one.share),
        "of": _("of %(base)s", base=one.share.base) if one.share.figure.count is not None else "",
        "interval": _("95%% interval %(interval)s", interval=interval) if interval else "",
        "sentence": standing_sentence(one),
        "more": list(group_sentences(one)),
        "years": [],
    }


def places(found: Iterable[Finding]) -> list[Part]:
    return [
        {**card, "more": [*_when(one), *card["more"]], "years": by_year(one)}
        for one in found
        for card in [standing(one, one.label)]
    ]


def _when(one: Finding) -> list[str]:
    said = when_sentence(one)
    return [said] if said else []


def by_year(one: Finding) -> list[Part]:
    """A shade and a figure for each year group, if any is shown."""
    if not any(share.is_shown for share in one.by_year):
        return []
    return [
        {
            **cell(share, one.measure.tone, has_interval=False),
            "of": "",
            "share": share_words(share),
            "label": group_label(share.group),
        }
        for share in one.by_year
    ]


def strengths(found: Iterable[Finding]) -> list[Part]:
    return [standing(one, one.label) for one in found]


def themes(found: Iterable[Finding]) -> list[Part]:
    return [
        {**standing(one, theme_label(theme_of(one)), one.label), "years": by_year(one)}
        for one in found
    ]


def times(opening: Opening) -> list[Part]:
    """The times at which students feel least safe, and those too close to tell apart."""
    return [
        {
            **standing(one, _("Feels least safe: %(time)s", time=in_small(one.label))),
            "sentence": time_sentence(one, opening.near_times),
            "more": [
                *([peak_sentence(one.year)] if one.year else []),
                _("Asked of the whole school day, not of each place."),
            ],
        }
        for one in opening.times
    ]


def places_title(opening: Opening) -> str:
    if len(opening.places) == 3:
        return _("Three places to look at first")
    return _("Places to look at first")


def themes_title(_opening: Opening) -> str:
    return _("What students meet most")


def near_places(opening: Opening, *, is_inside: bool) -> str:
    """Notes on the order of the places, and the highest place on the other side of the school gate
    (`is_inside`: the listed places are inside)."""
    said = []
    if opening.near_places:
        labels = "; ".join(one.label for one in opening.near_places)
        said.append(f"{_('Close behind, and not clearly lower:')} {labels}.")
    said += [
        one for one in (order_among(opening.places), may_belong_sentence(opening.may_belong)) if one
    ]
    if opening.elsewhere:
        words = (
            _("All three are outside school. The highest in school:")
            if is_inside
            else _("All three are in school. The highest outside:")
        )
        said.append(f"{words} {opening.elsewhere.label}.")
    return " ".join(said)


def cell(share: Share, tone: Tone | None = None, *, has_interval: bool = True) -> Part:
    """A cell of a table: its figure, count and background. A cell too narrow for an interval also
    leaves out why it is hidden, which the notes below its table say."""
    if not share.is_shown:
        is_hidden = share.figure.status is Status.HIDDEN
        words = why_hidden(share) if has_interval else share_words(share)
        return {"share": "", "of": words, "interval": "", "hidden": is_hidden}
    shade = shade_of(share, tone) if tone else None
    interval = interval_words(share) if has_interval else ""
    return {
        "share": share_words(share),
        "of": count_words(share),
        "interval": f"({interval})" if interval else "",
        "hidden": tone is not None and shade is None,
        **({"ground": shade.ground, "ink": shade.words} if shade else {}),
    }


def panel(one: Panel) -> Part:
    """A table with a mark in each line, below the sentence that says what it shows."""
    first = {True: _("Group"), False: _("Answer")}[one.kind is PanelKind.GROUPS]
    if one.measures[0].key == "feel_unsafe" and one.kind is not PanelKind.GROUPS:
        first = _("Place")
    return {
        "label": one.label or "",
        "takeaway": takeaway(one),
        "caption": _("Share, number of students, and 95%% interval"),
        "head": [first, *map(measure_label, one.measures)],
        "tones": [measure.tone.value for measure in one.measures[: one.drawn]],
        "most": share_charts.axis_end(
            share for line in one.lines for share in line.shares[: one.drawn]
        ),
        "lines": [
            {
                "head": line_label(line),
                "apart": share_charts.starts_part(one, at),
                "cells": [
                    {**cell(share), **(mark(share) if measure < one.drawn else {})}
                    for measure, share in enumerate(line.shares)
                ],
            }
            for at, line in enumerate(one.lines)
        ],
    }


def mark(share: Share) -> Part:
    """The position of a share: its percentage with its interval, or a hatch of fixed length at one
    end."""
    if share.interval is None or share.figure.percent is None:
        at_end = share.figure.status is Status.ALL_BUT_FEWER
        return {"hatch": "end" if at_end else "start"}
    low, high = share.interval
    return {"at": share.figure.percent, "low": low, "high": high}


def heat(one: Heat) -> Part:
    tone = one.measure.tone
    return {
        "caption": " ".join((_heat_caption(one), heat_note(one))).strip(),
        "head": ["", *map(label_of, one.groups)],
        "lines": [
            {
                "head": line_label(line),
                "cells": [cell(share, tone, has_interval=False) for share in line.shares],
            }
            for line in one.lines
        ],
        "key": key_to_shades(tone),
    }


def _heat_caption(one: Heat) -> str:
    if one.is_by_time:
        return _("Share of the students who feel unsafe there and said when.")
    by = sex_or_gender(_("by year group and gender"), _("by year group and sex"))
    return f"{measure_label(one.measure)}, {by}."


def plan(found: OnPlan, picture: bytes, kind: str, title: str) -> Part:
    """The plan of the school with a figure on each place."""
    return {
        "title": _("On the plan of the school"),
        "svg": plan_svg(found, picture, kind, title),
        "alt": f"{plan_title(found, title)}. {plan_words(found)}",
        "key": key_to_shades(found.measure.tone),
    }


def key_to_shades(tone: Tone) -> list[Part]:
    words = [one for _class, one in share_charts.shade_key(tone)]
    shades = [shade_at(step, tone) for step in range(len(SHADES[tone]))]
    steps = [
        {"ground": shade.ground, "words": one} for shade, one in zip(shades, words, strict=True)
    ]
    return [*steps, {"ground": "", "words": _("too few to show")}]


def took_part(responded: Sequence[Responded], draw: Draw) -> Part:
    """Responses by year group, compared with the roll where the release has it."""
    has_roll = any(one.roll is not None for one in responded)
    has_cards = any(one.cards is not None for one in responded)
    drawn = share_charts.participation_chart(responded)
    return {
        "chart": chart(drawn, draw),
        "caption": drawn.title,
        "head": [
            _("Year group"),
            _("Took part"),
            *([_("On roll")] if has_roll else []),
            *([_("Cards made")] if has_cards else []),
        ],
        "lines": [
            {
                "head": group_label(one.group),
                "cells": [
                    _took(one.share),
                    *([_plain("–" if one.roll is None else str(one.roll))] if has_roll else []),
                    *([_plain("–" if one.cards is None else str(one.cards))] if has_cards else []),
                ],
            }
            for one in responded
        ],
    }


def _took(share: Share) -> Part:
    if share.is_shown and share.figure.count is not None:
        return _plain(str(share.figure.count))
    return {**_plain(promise.too_few(share)), "hidden": True}


def _plain(words: str) -> Part:
    return {"share": "", "of": words, "interval": "", "hidden": False}


def reading_words() -> list[str]:
    """How to read charts and tables."""
    return [
        _(
            "A dot is the share of the students who answered. The bar around it is its 95%%"
            " interval: what chance and rounding leave open for students like them. It says nothing"
            " of those who did not answer. Where two bars overlap, the difference can be chance."
        ),
        _(
            "A sentence only calls a group of students higher or lower where it differs from"
            " the rest of the school by more than chance and rounding. All such sentences of a"
            " report are chosen together, so that at most one in twenty of them is expected to be"
            " wrong. We assume that answers within a class resemble each other (a design effect of"
            " one and a half), because no answer is stored with its class."
        ),
        _(
            "A hatched mark or cell means that too few answered, or too few gave this answer. Its"
            " length is always the same and says nothing."
        ),
    ]


def protection(reading: ReportData, imprint: Imprint, protected: Protection) -> Part:
    """What was rounded or hidden, and why."""
    whole_only = protected.whole_only if not protected.is_whole_school_only else ()
    return {
        "sentences": list(promise.sentences(protected)),
        "certified": promise.certified_words(protected) if imprint.is_certified else "",
        "withheld_title": _("Not shown at all"),
        "withheld": [f"{label} ({promise.why(why)})" for label, why in protected.withheld],
        "whole_title": _("Shown for the whole school only"),
        "whole": list(whole_only),
        "sources": list(sources_of(reading)),
    }


def sources_of(reading: ReportData) -> tuple[str, ...]:
    """The sources of questions that are used as they are, each once."""
    named = (item.source for item in reading.questionnaire.items if item.source)
    return tuple(
        _("Source of the question: %(source)s.", source=source) for source in dict.fromkeys(named)
    )
