"""Checks that a survey has to pass before its launch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from flask_babel import gettext as _

from survey.campaigns import own_question_approval
from survey.campaigns.errors import ChangedSinceError
from survey.campaigns.lifecycle import sign_offs
from survey.campaigns.models import Campaign
from survey.campaigns.queries import adaptation_of, consent_of, latest_wave, template_of
from survey.organisations.policies.operations import policies_of
from survey.questionnaires import adapt
from survey.questionnaires.document import content_hash
from survey.questionnaires.model import Questionnaire

Check = Callable[[Questionnaire], object]
_checks: list[Check] = []


def asked_at_launch(check: Check) -> None:
    """For packages above this one: `check` raises a `NotNowError` for a questionnaire that could
    be answered and not reported. It is called with what would be frozen."""
    _checks.append(check)


def refuse_unreportable(questionnaire: Questionnaire, checked: str | None = None) -> str:
    """Raises what a check raises, before anyone has answered, and returns the reference of the
    questionnaire. The checks take up to a second, so a page runs them before its transaction:
    `checked` is the reference that it got then. Raises a `ChangedSinceError` if the questionnaire
    is another one by now."""
    reference = content_hash(questionnaire)
    if checked is None:
        for check in _checks:
            check(questionnaire)
    elif checked != reference:
        raise _changed()
    return reference


def missing_before_launch(campaign: Campaign) -> tuple[str, ...]:
    """What must still be filled in, one sentence each; empty if the draft may be launched."""
    missing = adapt.missing_before_launch(template_of(campaign), adaptation_of(campaign))
    missing = (*missing, *sign_offs.missing(campaign))
    if own_question_approval.wait(campaign):
        missing = (*missing, _("A second person has to read the questions in your own words."))
    if template_of(campaign).is_pulse:
        return missing
    if _needs_day_for_slips(campaign):
        missing = (
            *missing,
            _("On the page Print, say by which day parents send the slip with their yes back."),
        )
    if campaign.school.roll:
        return missing
    return (*missing, _("In the school settings, give the number of students in each year group."))


def _needs_day_for_slips(campaign: Campaign) -> bool:
    """Where a yes is needed, the letter says until when. Without a day no slip is late."""
    wave = latest_wave(campaign)
    if policies_of(campaign.school).consent.is_opt_out:
        return False
    return wave.print_details is None or wave.print_details.opt_out_by is None


def mark_of(campaign: Campaign) -> str:
    """A name for everything that a launch fixes: the questions, the roll and how parents agree. A
    launch page carries it, to say what it showed."""
    school = campaign.school
    consent = str(consent_of(latest_wave(campaign)))
    said = [sign_offs.wording_of(campaign), consent, school.roll, school.nation.value]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def refuse_if_changed(campaign: Campaign, seen: str) -> None:
    """Raises an error if the launch page that someone pressed the button on showed something
    else, such as a policy that the authority has changed since."""
    if seen != mark_of(campaign):
        raise _changed()


def _changed() -> ChangedSinceError:
    return ChangedSinceError(
        _(
            "Something changed since you opened this page: the questions, the roll or a"
            " policy. Nothing was launched. Read the page again, then launch."
        )
    )
