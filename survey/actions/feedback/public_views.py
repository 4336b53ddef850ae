"""The public page “You said, we did”: open only while a school shows it, to anyone who has its
address. It sets no cookie, needs no script, stores nothing, and its log holds no address."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, g
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from werkzeug.exceptions import HTTPException

from survey.actions.feedback import wording as feedback_wording
from survey.actions.feedback.blueprint import bp
from survey.actions.feedback.content import read_told
from survey.actions.operations import campaign_shown_under
from survey.campaigns.models import Campaign
from survey.campaigns.queries import questionnaire_of
from survey.campaigns.states import WaveState
from survey.database import read
from survey.errors import NotThereError
from survey.http import light_pages
from survey.languages import LANGUAGES
from survey.logs import log
from survey.permissions import public

TOLD = "/told/<word>"


@dataclass(frozen=True)
class FeedbackMessage:
    status: int
    title: LazyString
    says: LazyString


WRONG = FeedbackMessage(
    404,
    _l("There is no page here"),
    _l("Look at the address again, or ask at your school."),
)
BROKEN = FeedbackMessage(
    500, _l("Something went wrong on our side"), _l("Please try again in a minute.")
)


@bp.get(TOLD)
@public
def page(word: str) -> Response:
    campaign = campaign_shown_under(read(), word)
    languages = languages_of(campaign)
    light_pages.choose_language(languages)
    html = light_pages.draw(
        "feedback/page.html",
        feedback_wording=feedback_wording,
        told=read_told(read(), campaign),
        school=campaign.school,
        languages=languages,
    )
    return light_pages.answer(html)


def languages_of(campaign: Campaign) -> tuple[str, ...]:
    """Those of the newest survey that has a report, as far as we speak them. It asks for no
    language itself: that is chosen from what it gives."""
    released = [wave for wave in campaign.waves if wave.state is WaveState.RELEASED]
    asked = questionnaire_of(released[-1]).languages if released else ()
    return tuple(tag for tag in asked if tag in LANGUAGES) or tuple(LANGUAGES)


@bp.errorhandler(Exception)
def say_what_happened(error: Exception) -> Response:
    """The plain page of an error, the same for an unknown word and a removed one."""
    if "language" not in g:
        light_pages.choose_language(light_pages.interface_languages())
    is_wrong = isinstance(error, NotThereError) or (
        isinstance(error, HTTPException) and (error.code or 500) < 500
    )
    if not is_wrong:
        log.error("students_results_failed", error=error)
    message = WRONG if is_wrong else BROKEN
    html = light_pages.draw(
        "feedback/message.html", feedback_wording=feedback_wording, message=message
    )
    return light_pages.answer(html, message.status)


@bp.after_request
def _seal(response: Response) -> Response:
    return light_pages.compress(light_pages.seal(response))
