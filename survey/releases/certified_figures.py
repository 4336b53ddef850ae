"""The only way from counts to figures. Everything that is printed has passed through here: it is
protected, attacked by our own audit, and checked by a verifier that shares no code with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from survey.disclosure.release import Release
from survey.disclosure.tables import TableError
from survey.disclosure.verify import Rejected, verify
from survey.disclosure.verify_questions import Rejected as DeclaredOtherwise
from survey.disclosure.verify_questions import verify_questions
from survey.errors import NotNowError
from survey.logs import log
from survey.releases.policy import POLICY
from survey.releases.tabulation import Tabulation

if TYPE_CHECKING:
    from survey.disclosure.certificate import Certificate
    from survey.disclosure.certify import Each, Progress

# The engine with its solver takes 30 MB. It is imported where a report is certified, so that a
# process that serves pages does without.


class Outlook(StrEnum):
    """What a release may hold, in words that give no count (rule R11)."""

    WHOLE = "whole"
    WHOLE_SCHOOL_ONLY = "whole_school_only"
    NOTHING = "nothing"


class NothingToSayError(ValueError):
    """Too few took part for any figure to be published."""


def outlook_of(respondents: int) -> Outlook:
    """What may be published for this number of respondents."""
    if respondents < POLICY.nothing_under:
        return Outlook.NOTHING
    if respondents < POLICY.whole_school_under:
        return Outlook.WHOLE_SCHOOL_ONLY
    return Outlook.WHOLE


def publish(
    counted: Tabulation,
    header: Mapping[str, str | int],
    seed: bytes,
    each: Each = map,
    progress: Progress | None = None,
) -> tuple[Release, Certificate]:
    """The release and its certificate, verified.

    `seed` is the secret seed of the random start levels (`random_start.seed_of`): the same counts,
    header and seed give the same release (docs/disclosure.md). Raises a `NothingToSayError`; a
    `TableError` or `SolverError` of the engine; or `verify.Rejected`, if the verifier does not
    agree with the audit. Then nothing may be published."""
    from survey.disclosure.certify import certify

    if outlook_of(counted.respondents) is Outlook.NOTHING:
        raise NothingToSayError(f"fewer than {POLICY.nothing_under} responses")
    release, certificate = certify(
        counted.tables,
        counted.participation,
        POLICY,
        header,
        seed,
        progress,
        each,
        counted.questions,
    )
    verify(release.to_json(), certificate.to_json())  # a refusal is raised here
    return release, certificate


class NotCertifiedError(NotNowError):
    """The audit, the solver or the verifier was not certain. Nothing is published then."""


@dataclass(frozen=True)
class PreparedRelease:
    """A closed wave, counted: all that a report is made and checked with, without the database.
    `questionnaire` is the document of what was asked, as readers download it."""

    counted: Tabulation
    header: Mapping[str, str | int]
    seed: bytes = field(repr=False)
    questionnaire: str = field(repr=False)


def certified(
    prepared: PreparedRelease, each: Each = map, progress: Progress | None = None
) -> tuple[Release, Certificate]:
    """The report of a counted wave, audited, and accepted by every verifier that readers are given
    for it. Raises a `NotCertifiedError`."""
    from survey.disclosure.audit.solver import SolverError

    try:
        made = publish(prepared.counted, prepared.header, prepared.seed, each, progress)
        verify_questions(made[0].to_json(), prepared.questionnaire)
        return made
    except (TableError, SolverError, Rejected, DeclaredOtherwise) as problem:
        log.error("release_not_certified", error=problem)
        raise NotCertifiedError(
            _(
                "The audit of these numbers did not come to a certain result, so nothing was"
                " published. The answers are kept as they are. Tell the operator of this service;"
                " the reason is in its log."
            )
        ) from problem
