"""The audit of a counted wave, as operations use it: certain, or nothing is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import current_app
from flask_babel import gettext as _

from survey.disclosure.audit.solver import SolverError
from survey.disclosure.certificate import Certificate
from survey.disclosure.certify import Each, Progress
from survey.disclosure.release import Release
from survey.disclosure.tables import TableError
from survey.disclosure.verify import Rejected
from survey.errors import NotNowError
from survey.releases.gate import publish
from survey.releases.tabulation import Tabulation


class NotCertifiedError(NotNowError):
    """The audit, the solver or the verifier was not certain. Nothing is published then."""


@dataclass(frozen=True)
class Prepared:
    """A closed wave, counted: all that `publish` needs, and nothing of the database."""

    counted: Tabulation
    header: Mapping[str, str | int]
    seed: bytes = field(repr=False)


def certified(
    prepared: Prepared, each: Each = map, progress: Progress | None = None
) -> tuple[Release, Certificate]:
    """The report of a counted wave, audited and verified. Raises a `NotCertifiedError`."""
    try:
        return publish(prepared.counted, prepared.header, prepared.seed, each, progress)
    except (TableError, SolverError, Rejected) as problem:
        current_app.logger.exception("release_not_certified")
        raise NotCertifiedError(
            _(
                "The audit of these numbers did not come to a certain result, so nothing was"
                " published. The answers are kept as they are. Tell the operator of this service;"
                " the reason is in its log."
            )
        ) from problem
