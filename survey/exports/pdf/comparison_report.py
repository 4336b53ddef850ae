"""A comparison of schools on paper: what its pages say, and no base next to a letter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from survey import pdf as typeset
from survey.campaigns.lifecycle.school_progress import STEPS
from survey.exports.pdf import parts
from survey.exports.pdf.parts import Draw, Part
from survey.exports.provenance import day
from survey.i18n import gettext as _
from survey.releases.models import StoredComparison
from survey.reports.charts.heat_shades import shade_at
from survey.reports.comparisons import comparison_charts
from survey.reports.comparisons import wording as said
from survey.reports.comparisons.all_schools import charts as whole_charts
from survey.reports.comparisons.all_schools import wording as whole
from survey.reports.comparisons.all_schools.changes import AllSchoolsChanges, WholeChange
from survey.reports.comparisons.all_schools.year_group_claims import YearGroups, YearLine, YearShare
from survey.reports.comparisons.participation import SchoolParticipation
from survey.reports.comparisons.view_model import ComparedFigureView, Distribution
from survey.reports.school.chapters import grouped
from survey.reports.trends.change import ChangeVerdict
from survey.reports.wording.figures import percent
from survey.year_groups.wording import year_name

SHEET = "exports/pdf/comparison_report"


@dataclass(frozen=True)
class ComparisonReport:
    """All that is printed of a comparison. `month`: that of the survey."""

    authority: str
    programme: str
    month: str
    stored: StoredComparison
    spread: Distribution
    years: YearGroups
    changes: AllSchoolsChanges | None
    took_part: tuple[SchoolParticipation, ...]
    consent: tuple[str, ...]
    language: str

    @property
    def file_name(self) -> str:
        """The authority, the month, and what it is."""
        words = f"{self.authority} {self.month} comparison"
        if self.stored.number != self.spread.comparison.header.get("wave", self.stored.number):
            words = f"{words} 2"
        named = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
        return f"{re.sub(r'[^a-z0-9]+', '-', named).strip('-') or 'comparison'}.pdf"


def comparison_pdf(report: ComparisonReport, draw: Draw) -> bytes:
    """A4, tagged, in the language of the reader."""
    title = _(
        "%(authority)s: %(title)s, schools side by side, %(month)s",
        authority=report.authority,
        title=report.programme,
        month=report.month,
    )
    given = {**_imprint(report), **_printed(report, draw)}
    return typeset.pdf(SHEET, language=report.language, title=title, given=given)


def _imprint(report: ComparisonReport) -> Part:
    stored, header = report.stored, report.spread.comparison.header
    return {
        "school": report.authority,
        "school_runs": typeset.runs(report.authority),
        "logo": [],
        "heading": report.programme,
        "heading_runs": typeset.runs(report.programme),
        "wave": _("Schools side by side, %(month)s", month=report.month),
        "took_part_sentence": _(
            "%(compared)s of %(invited)s invited schools are compared.",
            compared=header["compared"],
            invited=header["invited"],
        ),
        "days": _("Compared on %(day)s.", day=day(stored.released_on)),
        "source": _("%(programme)s, %(month)s. Rounded figures of comparison %(release)s.",
                    programme=report.programme, month=report.month,
                    release=stored.release_hash[:12]),
        "hash_words": _("Everything here is from one comparison, which never changes. It is kept"
                        " under the fingerprint:"),
        "hash": stored.release_hash,
    }  # fmt: skip


def _printed(report: ComparisonReport, draw: Draw) -> Part:
    spread = report.spread
    named, few = spread.named_apart(), said.few_schools_sentence(spread)
    return {
        "contents_title": _("Contents"),
        "apart_title": _("Where a school stands out"),
        "apart_lead": _(
            "Here a school is further out than chance, rounding and how much schools usually differ"
            " explain, even among so many figures. It is a reason to ask the school what it knows,"
            " not a verdict on it."
        )
        if named
        else _(
            "Nowhere for certain: no school is so far out that chance is unlikely among so many"
            " figures."
        ),
        "apart": [_told(said.title(one), said.apart_sentence(one)) for one in named],
        "apart_notes": [*([few] if few else []), *report.consent],
        **_schools(report),
        "spreads": [
            _spread(title, key, found, draw)
            for title, key, found in comparison_charts.overview(spread)
        ],
        **_years(report),
        **_changes(report, draw),
        "all_title": _("Every figure that is compared"),
        "all": [
            _table(str(chapter.title), str(chapter.lead), map(_all_row, found))
            for chapter, found in grouped(spread.figures)
        ],
        "left_out": _left_out(spread),
        "method_title": _("How to read it, and what it does not say"),
        "method": _method(),
    }


def _told(title: str, *more: str) -> Part:
    return {"title": title, "more": list(more)}


def _schools(report: ComparisonReport) -> Part:
    spread = report.spread
    return {
        "took_part_title": _("Who took part"),
        "took_part": {
            "caption": _("Roll, and response rate to the nearest 5%%"),
            "first": 62,
            "head": [_("School"), _("Kind"), _("State"), _("On roll"), _("Took part")],
            "lines": [_turnout(one) for one in report.took_part],
        },
        "took_part_note": _(
            "This list names schools, and a comparison has letters. The letters are drawn again for"
            " each comparison and are shown without a number of answers, so this list does not show"
            " which school a letter is."
        ),
        "schools_title": _("The schools"),
        "schools": {
            "caption": _("Schools in this comparison, by letter"),
            "first": 62,
            "head": [_("School"), _("Students who answered"), _("Kind")],
            "lines": [
                {
                    "head": said.school_label(school),
                    "cells": [
                        said.band(spread.band_of(school.code)),
                        said.kind(spread.band_of(school.code), school.code),
                    ],
                }
                for school in spread.schools
            ],
        },
        "schools_note": _(
            "The number who answered is shown in bands of at least three schools without a name,"
            " and the kind of a school only where it does not single one out. Otherwise anyone who"
            " knows how many took part could tell which school a letter is."
        ),
    }


def _turnout(one: SchoolParticipation) -> Part:
    rate = _("about %(rate)s%%", rate=one.rate) if one.rate is not None else "–"
    roll = str(one.roll) if one.roll is not None else "–"
    kind = str(said.PHASES[one.phase.value])
    return {"head": one.school, "cells": [kind, str(STEPS[one.step]), roll, rate]}


def _spread(title: str, key: str, found: Sequence[ComparedFigureView], draw: Draw) -> Part:
    return {
        "title": title,
        "lead": _(
            "Each dot is a school, the band is the middle half of the schools, and the line is the"
            " school in the middle (the median)."
        )
        if key == "inside"
        else "",
        "chart": parts.chart(comparison_charts.spread_chart(key, title, found), draw),
        "caption": _("Shares of students, one share for each school"),
        "head": [_("Figure"), _("Median school"), _("Middle half"), _("Lowest to highest")],
        "lines": [
            _line(one.label, percent(one.figure.median), said.half(one), said.ends(one))
            for one in found
        ],
    }


def _line(head: str, *cells: str) -> Part:
    return {
        "head": head,
        "cells": [{"share": "", "of": one, "interval": "", "hidden": False} for one in cells],
    }


def _table(title: str, caption: str, lines: Iterator[Part]) -> Part:
    return {
        "title": title,
        "caption": caption,
        "first": 66,
        "head": [
            _("Figure"),
            _("Median school"),
            _("Middle half"),
            _("Lowest to highest"),
            _("All students together"),
            _("Schools"),
        ],
        "lines": list(lines),
    }


def _all_row(one: ComparedFigureView) -> Part:
    return {
        "head": said.title(one),
        "cells": [
            percent(one.figure.median),
            said.half(one),
            said.ends(one),
            percent(one.funnel.middle),
            str(one.figure.given),
        ],
    }


def _years(report: ComparisonReport) -> Part:
    years, spread = report.years, report.spread
    lead = [whole.no_years()]
    if years.lines:
        lead = [whole.years_over(years, len(spread.schools))]
        lead.append(
            _(
                "Here a year group differs from the other year groups of the same schools by more"
                " than chance and rounding explain. All such sentences are chosen together, so that"
                " at most one in twenty of them is expected to be wrong."
            )
            if years.named
            else _(
                "Nowhere for certain: no year group differs from the others by more than chance and"
                " rounding explain."
            )
        )
    return {
        "years_title": _("Which year groups"),
        "years_lead": lead,
        "years_named": [
            _told(said.title(line.one), *map(whole.year_sentence, line.named))
            for line in years.named
        ],
        "years": [
            _heat(title, found, years.years)
            for title, _key, found in whole_charts.by_year(spread, years)
        ],
    }


def _heat(title: str, found: Sequence[YearLine], years: Sequence[int]) -> Part:
    return {
        "caption": title,
        "head": [_("Figure"), *map(year_name, years)],
        "lines": [
            {
                "head": line.one.label,
                "cells": [_year_cell(line.of(year), line) for year in years],
            }
            for line in found
        ],
        "key": parts.key_to_shades(found[0].one.measure.tone),
    }


def _year_cell(share: YearShare | None, line: YearLine) -> Part:
    if share is None:
        return {"share": "", "of": str(said.NOT_SHOWN), "interval": "", "hidden": True}
    tone = line.one.measure.tone
    shade = shade_at(whole_charts.step_of(share.figure.percent, tone), tone)
    return {
        "share": percent(share.figure.percent),
        "of": whole.way(share),
        "interval": "",
        "hidden": False,
        "ground": shade.ground,
        "ink": shade.words,
    }


GROUPS: Mapping[tuple[ChangeVerdict, ...], Callable[[], str]] = {
    (ChangeVerdict.BETTER,): lambda: _("Better"),
    (ChangeVerdict.WORSE,): lambda: _("Worse"),
    (ChangeVerdict.HIGHER, ChangeVerdict.LOWER): lambda: _("Higher or lower"),
}


def _changes(report: ComparisonReport, draw: Draw) -> Part:
    changes, spread = report.changes, report.spread
    if changes is None or not changes.found:
        since = spread.comparison.header.get("since")
        lead = [whole.no_change() if since else whole.no_change_yet()]
        return {"change_title": _("What changed"), "change_lead": lead, "change_named": [],
                "changes": []}  # fmt: skip
    named = [
        {"title": title(), "told": [_told(said.title(one.one), whole.change_sentence(one))
                                    for one in held]}
        for verdicts, title in GROUPS.items()
        if (held := changes.those(*verdicts))
    ]  # fmt: skip
    return {
        "change_title": _("What changed"),
        "change_lead": [
            _("Since %(month)s.", month=changes.names[0])
            + " "
            + whole.changes_over(changes, len(spread.schools)),
            whole.clear_changes() if named else whole.nothing_certain(),
        ],
        "change_named": named,
        "changes": [
            _change_part(title, key, found, changes.names, draw)
            for title, key, found in whole_charts.changed(spread, changes)
        ],
    }


def _change_part(
    title: str, key: str, found: Sequence[WholeChange], names: tuple[str, str], draw: Draw
) -> Part:
    return {
        "title": title,
        "chart": parts.chart(whole_charts.change_chart(key, title, found, names), draw),
        "caption": _("Shares of students, and the change in points with its 95%% interval"),
        "head": [
            _("Figure"),
            _("%(earlier)s to %(later)s", earlier=names[0], later=names[1]),
            _("Change in points"),
            _("Judged"),
        ],
        "lines": [
            _line(
                one.one.label,
                _("%(before)s to %(now)s", before=percent(one.before), now=percent(one.now)),
                whole.points(one),
                str(whole.VERDICTS[one.verdict]),
            )
            for one in found
        ],
    }


def _left_out(spread: Distribution) -> str:
    number = len(spread.comparison.left_out)
    if not number:
        return ""
    return _(
        "%(number)s figures are not compared: too few schools print them, one school would make up"
        " most of them, or younger and older students were asked in different words.",
        number=number,
    )


def _method() -> list[str]:
    return [
        _("If schools differed only as they usually do, about 1 in 20 would lie outside the 95%%"
          " limits and about 1 in 500 outside the 99.8%% limits. With many figures, a few schools"
          " outside the 95%% limits are to be expected, so a school is only named where it holds"
          " among all figures (at most one in twenty of those named is expected to be wrong)."),
        _("Schools differ for more reasons than chance: where they are, whom they teach, how they"
          " are built. The limits allow for that by the spread of the schools themselves. Where"
          " several schools share a problem, the limits grow with it, so a school inside them can"
          " still have much to change."),
        _("A funnel does not rank schools, and does not say why one stands out. It cannot tell a"
          " school with more harm from one whose students say more openly what happens."),
        *whole.how_years(),
        *whole.how_changes(),
    ]  # fmt: skip
