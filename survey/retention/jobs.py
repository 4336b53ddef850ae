"""The nightly upkeep as a job, which the workers put on the queue by the clock."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from survey.database import begin, today
from survey.errors import NotNowError
from survey.jobs import tasks
from survey.jobs.schedule import UPKEEP
from survey.jobs.tasks import Control, Subject, Task
from survey.releases.register.stamp import code_version
from survey.retention import operations as retention
from survey.retention.operations import Done
from survey.serving import runs
from survey.serving.runs import RunName
from survey.settings import current_settings


class NotAllDoneError(NotNowError):
    """A step of the upkeep failed; the others were done."""


def summary(done: Done) -> str:
    """What an upkeep did, in one sentence."""
    return str(
        _(
            "%(closed)s surveys closed after their last day, %(ended)s ended with too few answers,"
            " raw responses of %(erased)s surveys erased, %(requests)s requests for help erased,"
            " charts of %(drawings)s reports to be drawn.",
            closed=done.closed,
            ended=done.ended,
            erased=done.erased,
            requests=done.help_requests_erased,
            drawings=done.drawings_asked,
        )
    )


def _run(_subject: Subject, control: Control) -> str:
    done = retention.keep(current_settings(), today=today(), tell=control.progress)
    with begin() as db:
        runs.note(db, RunName.HOUSEKEEPING, problems=len(done.problems))
    if done.problems:
        raise NotAllDoneError(" ".join([*done.problems, *done.lost]))
    return " ".join([summary(done), *done.lost, *done.notices])


def _about(_db: Session, _subject: Subject) -> str:
    return ""


tasks.register(Task(UPKEEP, _l("Nightly upkeep"), _run, code_version, _about))
