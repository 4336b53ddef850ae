"""How long a questionnaire takes."""

from __future__ import annotations

from survey.questionnaires import routing
from survey.questionnaires.model import Questionnaire

SECONDS_PER_TAP = 7
SECONDS_PER_SCREEN = 4


def minutes_of(questionnaire: Questionnaire) -> int:
    """About how many minutes a student needs who answers everything."""
    taps = sum(len(item.rows) or 1 for item in questionnaire.asked)
    screens = len(routing.layout(questionnaire))
    return max(2, round((taps * SECONDS_PER_TAP + screens * SECONDS_PER_SCREEN) / 60))
