"""The nightly upkeep as a job, which the workers put on the queue by the clock."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from survey.database import begin, read, today
from survey.errors import NotNowError
from survey.jobs import lease_clock, tasks
from survey.jobs.schedule import UPKEEP
from survey.jobs.tasks import Control, Subject, Task
from survey.releases.register.stamp import code_version
from survey.retention import operations as retention
from survey.retention.operations import Done
from survey.serving import last_runs
from survey.serving.last_runs import RunName
from survey.settings import current_settings


class NotAllDoneError(NotNowError):
    """A step of the upkeep failed; the others were done."""


MOST_APART = timedelta(hours=1)
"""Days are those of this machine's clock. If the database's differs by more, one is wrong."""


class WrongClockError(NotNowError):
    """The clock of this machine, or of the database, is wrong."""


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
    _refuse_a_wrong_clock()
    done = retention.keep(current_settings(), today=today(), tell=control.progress)
    with begin() as db:
        last_runs.note(db, RunName.HOUSEKEEPING, problems=len(done.problems))
    if done.problems:
        raise NotAllDoneError(" ".join([*done.problems, *done.lost]))
    return " ".join([summary(done), *done.lost, *done.notices])


def _refuse_a_wrong_clock() -> None:
    """Raises a `WrongClockError`: what is closed or erased a year early cannot be brought back."""
    apart = lease_clock.apart(read())
    read().rollback()
    if apart > MOST_APART:
        raise WrongClockError(
            _(
                "The clocks of this machine and of the database are %(hours)s hours apart, so"
                " nothing was closed or erased. Correct the one that is wrong.",
                hours=round(apart.total_seconds() / 3600),
            )
        )


def _about(_db: Session, _subject: Subject) -> str:
    return ""


tasks.register(Task(UPKEEP, _l("Nightly upkeep"), _run, code_version, _about))
