"""The preview for staff: the student pages on a phone frame, from the draft as it is now. Nothing
is kept, and Send ends with a page that says so."""

from __future__ import annotations

import uuid
from dataclasses import replace

from flask import Response, current_app, g, redirect, render_template, request, url_for
from flask_babel import get_locale
from werkzeug.wrappers import Response as AnyResponse

from survey.campaigns.operations import draft_of, find_campaign
from survey.campaigns.site_plans.operations import need_plan
from survey.database import read
from survey.http.light_pages import choose_language, seal
from survey.languages import language_name
from survey.permissions import Permission, requires
from survey.questionnaires.model import YEARS
from survey.questionnaires.routing import AnswerError, Refusal
from survey.responses import flow as response_flow
from survey.responses import states, turn_page
from survey.responses.blueprint import preview_bp as bp
from survey.responses.flow import Go
from survey.responses.posted_form import read_form
from survey.responses.presenters import Frame, show
from survey.responses.states import PageState
from survey.responses.survey_context import about
from survey.responses.views import KEYS
from survey.settings import current_settings

PREVIEW = "/schools/<uuid:school_id>/campaigns/<uuid:campaign_id>/preview"


@bp.get(PREVIEW)
@requires(Permission.QUESTIONNAIRE_PREVIEW)
def campaign(school_id: uuid.UUID, campaign_id: uuid.UUID) -> str:
    """The phone frame, and what to look at it as."""
    found = find_campaign(read(), school_id, campaign_id)
    questionnaire = draft_of(found)
    # As the reader would meet it first: in the language asked for, else in their own.
    wanted, offered = (request.args.get("lang"), str(get_locale())), questionnaire.languages
    return render_template(
        "responses/preview.html",
        campaign=found,
        years=questionnaire.naming.numbers,
        year=_year(),
        languages=offered,
        chosen_language=next((tag for tag in wanted if tag in offered), offered[0]),
        language_name=language_name,
    )


@bp.route(f"{PREVIEW}/phone", methods=["GET", "POST"])
@requires(Permission.QUESTIONNAIRE_PREVIEW)
def phone(school_id: uuid.UUID, campaign_id: uuid.UUID) -> AnyResponse:
    """The framed pages. As for a student, a form is answered with the address of the next page."""
    found = find_campaign(read(), school_id, campaign_id)
    questionnaire, year = draft_of(found), _year()
    choose_language(questionnaire.languages)
    here = url_for(".phone", school_id=school_id, campaign_id=campaign_id, year=year)
    frame = Frame(
        about(found, questionnaire, current_settings()),
        year,
        is_preview=True,
        picture=url_for(".plan_picture", school_id=school_id, campaign_id=campaign_id),
    )
    purpose = b"preview " + campaign_id.bytes
    keys = current_app.extensions[KEYS]
    try:
        state = _state(frame, purpose)
        if request.method == "GET":
            return _framed(show(frame, state))
        after = _turn(frame, replace(state, language=g.language))
    except AnswerError:
        # The draft was changed during the preview, and now asks other things.
        return redirect(here, 303)
    letters = states.seal(keys, questionnaire, after, purpose=purpose)
    return redirect(
        url_for(".phone", school_id=school_id, campaign_id=campaign_id, year=year, state=letters),
        303,
    )


def _state(frame: Frame, purpose: bytes) -> PageState:
    """Where the preview is: at the start, unless the address says more."""
    letters = request.args.get("state")
    if letters is None:
        return PageState(0, year=frame.year, receipt=states.new_receipt(), language=g.language)
    plain = states.unseal(current_app.extensions[KEYS], letters, purpose=purpose)
    if plain is None:
        raise AnswerError("", Refusal.MALFORMED)
    state = replace(states.read(frame.about.questionnaire, plain), year=frame.year)
    choose_language(frame.languages, state.language)
    return state


@bp.get(f"{PREVIEW}/plan")
@requires(Permission.QUESTIONNAIRE_PREVIEW)
def plan_picture(school_id: uuid.UUID, campaign_id: uuid.UUID) -> Response:
    find_campaign(read(), school_id, campaign_id)
    plan = need_plan(read(), school_id)
    return Response(plan.picture, content_type=plan.kind)


def _turn(frame: Frame, state: PageState) -> PageState:
    questionnaire = frame.about.questionnaire
    form = read_form(questionnaire, state, request.form)
    if form.go is Go.SEND:
        response_flow.all_answers(questionnaire, frame.year, form)
        return state.over("thanks")
    if form.go in turn_page.ENDS:
        return state.over(form.go.value)
    return turn_page.turn(frame.asked, state, form)


def _framed(response: Response) -> Response:
    return seal(response, framed_by_us=True)


def _year() -> int | None:
    year = request.args.get("year", type=int)
    return year if year in YEARS else None
