"""Whom a figure is of, in words: who was asked, who answered, and who stays away."""

from __future__ import annotations

from collections.abc import Sequence

from survey.i18n import gettext as _
from survey.i18n import ngettext
from survey.questionnaires.themes import theme_label
from survey.reports.school.chapter_overviews import Experiences
from survey.reports.school.finding import Finding
from survey.reports.school.non_response import FEW, ResponseRates, bounds_of_all
from survey.reports.school.report_data import Block
from survey.reports.school.who_was_asked import QuestionBase
from survey.reports.wording.figures import ONLY_TICKED, capital, percent, share_words
from survey.reports.wording.labels import list_of
from survey.year_groups.wording import tidy, year_number, years_label

EXAMPLE = 30
"""Per cent: a figure by which a page explains what those who did not answer may change."""

MOST_NAMED = 3
"""How many places a sentence names before it counts the rest."""


def students(asked: QuestionBase, *, is_of_few: bool = False) -> str:
    """The students that a share is of, inside a sentence."""
    if asked.years:
        years = years_label(asked.years)
        if is_of_few:
            return _("the students in %(years)s who answered", years=years)
        return _("students in %(years)s", years=years)
    return _("the students who answered") if is_of_few else _("students")


def asked_sentences(block: Block) -> tuple[str, ...]:
    """Who was asked a question, where that is not everyone."""
    asked, said = block.asked, []
    if block.older and asked.older_from:
        said.append(
            tidy(
                _(
                    "From Year %(year)s it was asked so: “%(wording)s” Figures of the two wordings"
                    " are not added up, so only year groups are shown.",
                    year=year_number(block.older[0]),
                    wording=block.older[1],
                )
            )
        )
    elif block.older:
        year, wording = block.older
        said.append(
            tidy(
                _(
                    "From Year %(year)s it was asked so: “%(wording)s”",
                    year=year_number(year),
                    wording=wording,
                )
            )
        )
    if asked.years:
        said.append(_("Asked of %(years)s. Shares are of them.", years=years_label(asked.years)))
    if gate := gate_sentence(asked):
        said.append(gate)
    if block.only_ticked:
        said.append(str(ONLY_TICKED))
    if block.about_places:
        said.append(
            _(
                "Shares are of the students who go to a place, so places have different bases."
                " Those who do not go there are counted separately."
            )
        )
    if said_not := no_answer_sentence(block):
        said.append(said_not)
    return tuple(said)


def happened_notes(found: Experiences) -> list[str]:
    """The theme of each line, and the year groups that were asked it, where not all were."""
    return [
        f"{theme_label(theme)}, {years_label(asked.years)}" if asked.years else theme_label(theme)
        for theme, asked in zip(found.themes, found.asked, strict=True)
    ]


def no_answer_sentence(block: Block) -> str:
    """How many left a question out. Of one that waits for an earlier answer it would count those
    who were not asked."""
    share = block.no_answer
    if share is None or block.asked.gate is not None:
        return ""
    if share.figure.count is not None:
        return _("About %(count)s left it out or preferred not to say.", count=share.figure.count)
    return _("Fewer than %(limit)s left it out or preferred not to say.", limit=share.figure.limit)


def gate_sentence(asked: QuestionBase) -> str:
    """Which earlier answer led to a question."""
    if asked.gate is None:
        return ""
    return _(
        "Asked only of students who answered %(answers)s to “%(question)s” Shares are of them.",
        answers=list_of((f"“{one}”" for one in asked.gate.answers), "or"),
        question=asked.gate.question,
    )


def away_sentence(standing: Finding) -> str:
    """Who does not go to a place, and what that leaves open."""
    if standing.away is None:
        return ""
    low, high = standing.away.bounds
    return _(
        "%(away)s do not go there. Counting them too, between %(low)s and %(high)s feel unsafe"
        " there.",
        away=capital(share_words(standing.away.share)),
        low=percent(low),
        high=percent(high),
    )


def weighed_sentence(standing: Finding) -> str:
    """The share with each year group weighed by the roll, where it differs."""
    if standing.weighed is None:
        return ""
    return _(
        "Weighed by the year groups on roll: %(share)s, because some year groups answered more"
        " than others.",
        share=percent(standing.weighed),
    )


def may_belong_sentence(found: Sequence[Finding]) -> str:
    """Places that may be among the first for all students, though not for those who go there."""
    if not found:
        return ""
    named = [
        _(
            "%(place)s (%(share)s; %(away)s do not go there)",
            place=one.label,
            share=share_words(one.share),
            away=share_words(one.away.share),
        )
        for one in found[:MOST_NAMED]
        if one.away
    ]
    if len(found) > MOST_NAMED:
        rest = len(found) - MOST_NAMED
        named.append(ngettext("%(num)s other place", "%(num)s other places", rest))
    return _(
        "May belong here too, because many students do not go there: %(places)s.",
        places="; ".join(named),
    )


def non_response_sentences(turnout: ResponseRates | None) -> tuple[str, ...]:
    """What those who did not answer may change."""
    if turnout is None or turnout.rate >= 100:
        return ()
    low, high = bounds_of_all(EXAMPLE / 100, turnout.count / turnout.roll)
    said = [
        _(
            "Those who did not answer may see it differently. If everyone on roll had answered, a"
            " figure of %(share)s could be anywhere from %(low)s to %(high)s.",
            share=percent(EXAMPLE),
            low=percent(low),
            high=percent(high),
        )
    ]
    if turnout.is_low:
        said.append(
            _(
                "Fewer than %(few)s answered, so every figure is of those who answered, and not of"
                " all students.",
                few=percent(FEW),
            )
        )
    return tuple(said)
