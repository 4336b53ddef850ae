"""What the page of three views says, and calls those who were asked."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.questionnaires.model import Audience
from survey.reports.perspectives.compare import VOICES as VOICES
from survey.reports.perspectives.compare import Gaps
from survey.reports.school.report_data import Tone
from survey.reports.wording.figures import list_of

TONE = Tone.ADVERSE
"""More of it is worse, whoever says so."""

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
"""What a share of theirs is of."""

START: Mapping[Audience, LazyString] = {
    Audience.STAFF: _l("Start a pulse of staff"),
    Audience.PARENTS: _l("Start a pulse of parents"),
}

BOTH = _l("Among the first three for students and for adults: %(places)s.")
STUDENTS_ONLY = _l("Among the first three for students, and not for adults: %(places)s.")
ADULTS_ONLY = _l("Among the first three for adults, and not for students: %(places)s.")


def gap_sentences(gaps: Gaps) -> tuple[str, ...]:
    """Where the three agree, and where they do not."""
    said = (
        (STUDENTS_ONLY, gaps.students_only),
        (ADULTS_ONLY, gaps.adults_only),
        (BOTH, gaps.both),
    )
    return tuple(str(words) % {"places": list_of(places)} for words, places in said if places)
