"""Errors of campaigns and waves, named for what happened."""

from __future__ import annotations

from flask_babel import gettext as _

from survey.errors import NotNowError, NotThereError, RefusedError


class NoSuchTemplateError(NotThereError):
    """No template of this key and version comes with the product."""


class NoSuchCampaignError(NotThereError):
    """The school has no such campaign."""


class NoSuchWaveError(NotThereError):
    """The school has no such wave."""


class NoSuchProgrammeError(NotThereError):
    """The authority has no such programme."""


class StillDraftError(NotNowError):
    """A draft has no frozen questionnaire; `draft_of` its campaign says what it would ask."""


class NotItsSchoolError(NotThereError):
    """The school does not belong to the authority that invites it."""


class DraftNotReadyError(RefusedError):
    """Something must be filled in before launch; `missing` says what, one sentence each."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        self.missing = missing
        super().__init__(" ".join((_("This survey cannot start yet."), *missing)))


class ClosingDayError(RefusedError):
    """The closing day is past, or too far away."""


class ChangedSinceError(RefusedError):
    """What a launch would fix is not what the page showed."""


class TitleError(RefusedError):
    """A title or label that is empty or too long for a card."""


class BatchSizeError(RefusedError):
    """A number of cards, or a year group, that cannot be."""


class NothingToAdaptError(NotNowError):
    """The questionnaire of a wave that was launched is frozen."""


class SurveyNotOpenError(NotNowError):
    """Cards are made only while the wave is open."""


class HasAnswersError(NotNowError):
    """A launch can no longer be undone: someone has answered."""


class StillUsedError(NotNowError):
    """Something depends on this, so it cannot be discarded or changed."""


class EndReasonError(RefusedError):
    """A reason that is empty or too long."""


class SchoolClosedError(NotNowError):
    """The school has closed, so it starts no survey."""


class AuthorityClosedError(NotNowError):
    """The authority has closed, so it starts no programme."""


class ArchivedError(NotNowError):
    """Nothing starts from the archive."""


class PreviousWaveError(NotNowError):
    """The next wave starts when the one before has closed."""


class NoSuchPartError(NotThereError):
    """The draft has no such section, or no such own item."""


class OptOutDayError(RefusedError):
    """A last day to opt out that is after the survey."""


class CardLanguagesError(RefusedError):
    """A language for cards that the survey is not in."""


class ForeignCodesError(RefusedError):
    """Codes that do not open this wave."""


class CoreSettledError(NotNowError):
    """The core of a programme is the same for all its schools, so it stays once one is invited."""


class PlannedDaysError(RefusedError):
    """Days of a planned wave that are not in order."""


class NoRollError(NotNowError):
    """Cards are tied to the roll, so a school gives it first."""


class MoreThanRollError(RefusedError):
    """More cards than the roll and its reserve allow; more takes a second person."""


class NoSuchReaderError(NotThereError):
    """No such school, or an organisation that has not asked the school."""


class NotNowReaderError(NotNowError):
    """An organisation that a school answers to already, or no longer."""


class NoSuchInvitationError(NotThereError):
    """The school has no such invitation."""


class AnsweredInvitationError(NotNowError):
    """The invitation was answered before, or its time has passed."""


class SlipsError(RefusedError):
    """More slips than students of a year group, or slips where none is needed."""

    def __init__(self, year: int, why: str) -> None:
        super().__init__(why)
        self.year = year
