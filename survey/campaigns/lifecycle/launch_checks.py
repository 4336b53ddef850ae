"""What has to be done before a survey is launched."""

from __future__ import annotations

from flask_babel import gettext as _

from survey.campaigns import own_words
from survey.campaigns.lifecycle import sign_offs
from survey.campaigns.models import Campaign
from survey.campaigns.queries import adaptation_of, latest_wave, template_of
from survey.organisations.policies.operations import policies_of
from survey.questionnaires import adapt


def missing_before_launch(campaign: Campaign) -> tuple[str, ...]:
    """What must still be filled in, one sentence each; empty if the draft may be launched."""
    missing = adapt.missing_before_launch(template_of(campaign), adaptation_of(campaign))
    missing = (*missing, *sign_offs.missing(campaign))
    if own_words.wait(campaign):
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
