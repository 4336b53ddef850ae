"""A survey opens only if its report could be published: the questions in a school's own words,
those an authority added and those that start at a later year are declared, and the verifiers that
check a published report accept what is declared."""

from __future__ import annotations

import uuid
from collections import deque
from functools import lru_cache

from flask_babel import gettext as _

from survey.disclosure.errors import TableError
from survey.disclosure.sources import Source, check_sources
from survey.errors import NotNowError
from survey.logs import log
from survey.questionnaires.document import canonical, content_hash
from survey.questionnaires.model import Questionnaire
from survey.releases.policy import POLICY
from survey.releases.tabulation import count
from survey.releases.tabulation_plan import TableNameTakenError

LOGGED: deque[uuid.UUID] = deque(maxlen=256)
"""Surveys of which a page wrote a line."""


class UnreportableError(NotNowError):
    """No report could be published of these questions."""


def tie_problem(questionnaire: Questionnaire) -> Exception | None:
    """Why no report can be made of these questions, as far as it follows from how they hang
    together: of a survey that was launched before launches were checked. Without the engine, so
    that a page may ask."""
    try:
        empty = count(questionnaire, ())
        sources = {table.key: table.source or Source(table.key) for table in empty.tables}
        check_sources(sources, {question.key: question for question in empty.questions})
    except (TableError, TableNameTakenError) as problem:
        return problem
    return None


def unreportable(problem: Exception) -> UnreportableError:
    """The error for a survey that was answered, in words for the people of its school. The reason
    goes to the log: for a job, and for what a person asked for."""
    log.error("survey_not_reportable", error=problem)
    return _unreportable()


def unreportable_page(problem: Exception, wave_id: uuid.UUID) -> UnreportableError:
    """The same error, for a page that may be opened again and again: each process writes the reason
    to the log once for each survey, so that the log holds it even if no one asks for the report."""
    if wave_id not in LOGGED:
        LOGGED.append(wave_id)
        log.error("survey_not_reportable", error=problem)
    return _unreportable()


def _unreportable() -> UnreportableError:
    return UnreportableError(
        _(
            "No report can be made of this survey: its questions or its answers contradict each"
            " other, so a report could not be checked and nothing is published. The answers are"
            " kept as they are. Tell the operator of this service; the reason is in its log. The"
            " survey can be ended without a report."
        )
    )


def refuse_unreportable(questionnaire: Questionnaire) -> None:
    """Raises an `UnreportableError` if the report of this questionnaire would be refused, whatever
    students answer."""
    problem = _problem(content_hash(questionnaire), canonical(questionnaire), questionnaire)
    if problem is not None:
        log.error("survey_not_reportable", error=problem)
        raise UnreportableError(
            _(
                "No report could be published of these questions, so the survey was not started."
                " Tell the operator of this service; the reason is in its log."
            )
        )


@lru_cache(maxsize=64)
def _problem(reference: str, document: str, questionnaire: Questionnaire) -> Exception | None:
    """Why the report would be refused: makes the one that prints nothing, of no answers.

    The engine is imported here, so that a web process that launches nothing stays small.
    """
    from survey.disclosure.certify import certify
    from survey.disclosure.verify import Rejected, verify
    from survey.disclosure.verify_questions import Rejected as DeclaredOtherwise
    from survey.disclosure.verify_questions import verify_questions

    try:
        empty = count(questionnaire, ())
        release, certificate = certify(
            empty.tables,
            empty.participation,
            POLICY,
            {"questionnaire": reference},
            b"",
            questions=empty.questions,
        )
        verify(release.to_json(), certificate.to_json())
        verify_questions(release.to_json(), document)
    except (TableError, TableNameTakenError, Rejected, DeclaredOtherwise) as problem:
        return problem
    return None
