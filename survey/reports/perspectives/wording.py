"""The words of the page of three perspectives, and the names of the audiences."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.questionnaires.model import Audience
from survey.reports.perspectives.compare import DARKEST, Gaps, PlaceVoices
from survey.reports.perspectives.compare import VOICES as VOICES
from survey.reports.wording.labels import list_of

NAMES: Mapping[Audience, LazyString] = {
    Audience.STUDENTS: _l("Students"),
    Audience.STAFF: _l("Staff"),
    Audience.PARENTS: _l("Parents and carers"),
}

ASKED: Mapping[Audience, LazyString] = {
    Audience.STUDENTS: _l("feel unsafe or very unsafe there"),
    Audience.STAFF: _l("say it has too few adults, or stay away"),
    Audience.PARENTS: _l("say it worries them for their child"),
}
"""What the share of an audience is of."""

START: Mapping[Audience, LazyString] = {
    Audience.STAFF: _l("Start a short survey of staff"),
    Audience.PARENTS: _l("Start a short survey of parents"),
}

BOTH = _l("Among the first three for students and for adults: %(places)s.")
APART: Mapping[Audience, LazyString] = {
    Audience.STAFF: _l(
        "Students feel clearly less safe in %(place)s than in %(others)s. Staff see it the other"
        " way round."
    ),
    Audience.PARENTS: _l(
        "Students feel clearly less safe in %(place)s than in %(others)s. Parents see it the other"
        " way round."
    ),
}
NO_GAP = _l("No two places are clearly the other way round for students and for adults.")


def gap_sentences(gaps: Gaps) -> tuple[str, ...]:
    """Sentences on where students and adults clearly differ, and where they agree."""
    said = [
        str(APART[one.adults])
        % {"place": in_quotes(one.label), "others": list_of(map(in_quotes, one.others))}
        for one in gaps.apart
    ] or [str(NO_GAP)]
    if gaps.both:
        said.append(str(BOTH) % {"places": list_of(gaps.both)})
    return tuple(said)


def in_quotes(label: str) -> str:
    """The name of a place inside a sentence."""
    return f"“{label}”"


def shade(one: PlaceVoices, audience: Audience) -> str:
    """The class of a cell: by its place in the order of its column, as the sizes of the shares are
    of different questions."""
    step = one.steps.get(audience)
    return "hidden-cell" if step is None else f"heat-adverse rank-{step}"


def shade_key() -> tuple[tuple[str, str], ...]:
    """The shades of the table with what they stand for."""
    return (
        (f"heat-adverse rank-{DARKEST}", str(_l("first in its column"))),
        (f"heat-adverse rank-{DARKEST - 2}", str(_l("third"))),
        ("heat-adverse rank-0", str(_l("sixth or later"))),
    )
