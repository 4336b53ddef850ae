"""What changed since earlier waves, as parts of a printed report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from survey.exports.pdf.parts import Draw, Part
from survey.i18n import gettext as _
from survey.reports.trends import wording as c
from survey.reports.trends.change import ChangeVerdict
from survey.reports.trends.change_charts import waves_chart, what_moved
from survey.reports.trends.latest_changes import MovedFigure
from survey.reports.trends.load_trends import SideBySide
from survey.reports.trends.over_time import OverTimeSection as TimePart
from survey.reports.trends.over_time import Tracked
from survey.reports.wording.figures import share_words
from survey.reports.wording.labels import list_of

TONES = {ChangeVerdict.BETTER: "good", ChangeVerdict.WORSE: "adverse"}

MOST_MOVES = 4
"""Changes that half a page or a slide holds; the whole report has them all."""


def since(side: SideBySide) -> Part:
    """What is better and worse since the wave before."""
    found = side.since
    groups = (
        (
            _("Main findings of %(survey)s", survey=c.names_of(side)[0]),
            found.stood_out,
        ),
        (_("What else got better"), found.better),
        (_("What else got worse"), found.worse),
    )
    return {
        "title": since_title(side),
        "mixed": c.mixed_sentence(side.mixed, *c.names_of(side)),
        "groups": [{"title": title, "moves": moves(some, side)} for title, some in groups if some],
        "rest": " ".join(
            said
            for said in (
                c.rest_sentence(found),
                c.detectable_sentence(side.detectable),
                c.other_students_sentence(side),
            )
            if said
        ),
        "marks": _(
            "Marks are given only where a change is more than rounding and more than chance. They"
            " cannot show what else differs between the surveys."
        ),
    }


def since_in_short(side: SideBySide) -> Part:
    """The clear changes, at most `MOST_MOVES`, and the names of figures that stand out without a
    clear change."""
    found = side.since
    moved = (*found.stood_out, *found.better, *found.worse)
    clear = [one for one in moved if one.is_clear]
    still = [c.moved_label(one) for one in moved if not one.is_clear]
    return {
        "title": since_title(side),
        "moves": moves(clear[:MOST_MOVES], side),
        "still": _("No clear change: %(labels)s.", labels=list_of(still)) if still else "",
        "rest": c.rest_sentence(replace(found, more=found.more + max(0, len(clear) - MOST_MOVES))),
    }


def since_title(side: SideBySide) -> str:
    return _("What is better and worse since %(survey)s", survey=c.names_of(side)[0])


def moves(some: Iterable[MovedFigure], side: SideBySide) -> list[Part]:
    return [_move(one, side) for one in some]


def _move(one: MovedFigure, side: SideBySide) -> Part:
    """A figure then and now, with the verdict and by how much."""
    change = one.change
    is_said = change.why is None and change.before is not None and change.now is not None
    return {
        "label": c.moved_label(one),
        "detail": c.moved_detail(one),
        "before": share_words(change.before) if is_said and change.before else "",
        "now": share_words(change.now) if is_said and change.now else "",
        "verdict": c.verdict_words(change) if is_said else "",
        "tone": TONES.get(change.verdict, "plain"),
        "sentence": c.change_sentence(change, *c.names_of(side)),
        "away": c.away_sentence(one),
    }


def over_time(side: SideBySide, draw: Draw) -> Iterator[Part]:
    """Places and themes in which something clearly changed, each with its chart."""
    for one in _compared(side):
        moved = what_moved(one)
        if moved is not None:
            yield _tracked(one, moved, side, draw)


def still(side: SideBySide) -> list[str]:
    """The titles of those in which nothing clearly changed."""
    return [c.tracked_title(one) for one in _compared(side) if what_moved(one) is None]


def _compared(side: SideBySide) -> Iterator[Tracked]:
    for part in (TimePart.PLACES, TimePart.THEMES):
        yield from side.over.of(part)


def _tracked(one: Tracked, moved: Tracked, side: SideBySide, draw: Draw) -> Part:
    chart = waves_chart(moved, side.held)
    return {
        "title": c.tracked_title(one),
        "takeaway": c.summary(one),
        "chart": {"svg": draw(chart), "alt": f"{chart.title} {chart.description}"},
        "notes": list(c.notes(one, *c.names_of(side))),
    }
