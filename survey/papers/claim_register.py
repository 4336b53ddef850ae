"""Every sentence of the papers, by its key."""

from __future__ import annotations

from collections.abc import Mapping

from survey.papers import facts
from survey.papers.about_answers import ABOUT_ANSWERS
from survey.papers.about_people import ABOUT_PEOPLE
from survey.papers.claim import Claim
from survey.settings import Settings

CLAIMS: Mapping[str, Claim] = {**ABOUT_ANSWERS, **ABOUT_PEOPLE}


def complaints(options: Settings) -> tuple[str, ...]:
    """What the papers would say wrongly under these settings."""
    filled = facts.of(options)
    return tuple(
        f"{' and '.join('SURVEY_' + name.upper() for name in claim.settings)}: the papers could no"
        f" longer say “{str(claim.words) % filled}”"
        for claim in CLAIMS.values()
        if not claim.holds(options) and claim.otherwise is None
    )
