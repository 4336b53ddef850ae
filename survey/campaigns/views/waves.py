"""A survey in one month: launching it, its cards and its coarse counter."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.approvals.operations import ApprovalReasonError, of_wave, second_people
from survey.campaigns import operations, own_question_approval
from survey.campaigns.access_codes import OpenedCode, read_code
from survey.campaigns.adult_surveys import is_pulse
from survey.campaigns.blueprint import WAVE, bp
from survey.campaigns.card_allowance import (
    FEWEST_ADDED,
    LONGEST_LABEL,
    RESERVE_LEAST,
    RESERVE_PERCENT,
    ask_for_more,
    cards_of,
    roll_given,
)
from survey.campaigns.duration import minutes_of
from survey.campaigns.errors import (
    BatchSizeError,
    CardLanguagesError,
    ChangedSinceError,
    ClosingDayError,
    ForeignCodesError,
    MoreThanRollError,
    SurveyNotOpenError,
)
from survey.campaigns.forms.campaigns import (
    MOST_CARDS,
    BatchForm,
    LaunchForm,
    MoreForm,
    language_label,
)
from survey.campaigns.lifecycle import launch_checks, sign_offs
from survey.campaigns.lifecycle.help_contacts import contacts_due
from survey.campaigns.models import Wave
from survey.campaigns.printing import cards
from survey.campaigns.printing.forms import CardLanguagesForm
from survey.campaigns.queries import (
    adaptation_of,
    bands_ahead,
    consent_of,
    draft_of,
    find_wave,
    latest_wave,
    planned_of,
    questionnaire_of,
    template_of,
)
from survey.campaigns.staff_history import history_of
from survey.campaigns.states import OVER, WaveState, move
from survey.campaigns.views import ballot_key
from survey.campaigns.views.slips import needs_slips
from survey.database import begin, read, today
from survey.http.attachments import as_file
from survey.http.unknown_fields import refuse_unknown_fields
from survey.organisations.policies.wording import (
    GENDER_QUESTIONS,
    consent_name,
    years_asked_for_a_yes,
)
from survey.permissions import Permission, current_member, may, requires
from survey.questionnaires.translations.own_names import unmatched
from survey.questionnaires.translations.review import unreviewed
from survey.questionnaires.year_bands import LEAST
from survey.settings import current_settings
from survey.typed_text import kept, length

ONE_NIGHT = timedelta(days=1)
"""A survey is closed in the night after its last day."""


@bp.get(f"{WAVE}/")
@requires(Permission.SCHOOL_SEE)
def wave(school_id: uuid.UUID, wave_id: uuid.UUID) -> str:
    found = find_wave(read(), school_id, wave_id)
    return _wave_page(found, _batch_form(found))


def _wave_page(found: Wave, form: BatchForm) -> str:
    db, is_draft = read(), found.state is WaveState.DRAFT
    stock = None if is_draft else cards_of(db, found)
    return render_template(
        "campaigns/wave.html",
        wave=found,
        campaign=found.campaign,
        school=found.campaign.school,
        states=WaveState,
        over=OVER,
        is_latest=latest_wave(found.campaign) is found,
        is_overdue=found.closes_on is not None and found.closes_on < today(),
        is_left_open=found.closes_on is not None and found.closes_on < today() - ONE_NIGHT,
        operator=current_settings().operator_contact,
        form=form,
        today=today(),
        languages=(draft_of(found.campaign) if is_draft else questionnaire_of(found)).languages,
        stock=stock,
        policy=None if is_pulse(found.campaign) else consent_name(consent_of(found)),
        needs_slips=stock is not None and needs_slips(stock),
        reserve_percent=RESERVE_PERCENT,
        reserve_least=RESERVE_LEAST,
        requests=of_wave(db, school_id=found.school_id, wave_id=found.wave_id),
        history=history_of(db, found),
    )


@bp.post(f"{WAVE}/own-questions")
@requires(Permission.WAVE_LAUNCH)
def ask_to_read(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """Asks a second person to read the questions in the school's own words."""
    with begin() as db:
        own_question_approval.ask(
            db, wave=find_wave(db, school_id, wave_id), by=current_member(), today=today()
        )
    flash(_("A second person can read your questions now. They find it on their start page."))
    return redirect(url_for(".launch", school_id=school_id, wave_id=wave_id))


@bp.route(f"{WAVE}/launch", methods=["GET", "POST"])
@requires(Permission.WAVE_LAUNCH)
def launch(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """What freezes, what is missing, and the day it ends."""
    found = find_wave(read(), school_id, wave_id)
    planned = planned_of(found.campaign, found.number)
    form = LaunchForm.proposing(today(), planned)
    if not may(current_member(), Permission.WAVE_CLOSE):  # who cannot close has no use for a part
        del form.split
    if form.is_submitted():
        refuse_unknown_fields(form)
    if form.validate_on_submit() and form.closes_on.data and not form.strays(today(), planned):
        try:
            return _launch(school_id, wave_id, form, form.closes_on.data)
        except ClosingDayError as refused:
            form.closes_on.errors = [refused.message]
        except ChangedSinceError as refused:
            form.form_errors.append(refused.message)
    return _launch_page(find_wave(read(), school_id, wave_id), form)


def _launch(
    school_id: uuid.UUID, wave_id: uuid.UUID, form: LaunchForm, closes_on: date
) -> str | Response:
    checked = _checked(find_wave(read(), school_id, wave_id))
    with begin() as db:
        part = operations.launch(
            db,
            wave=find_wave(db, school_id, wave_id),
            closes_on=closes_on,
            today=today(),
            by=current_member(),
            split=form.is_split,
            seen=form.seen.data or None,
            checked=checked,
        )
    if part is not None:
        return ballot_key.show_part(find_wave(read(), school_id, wave_id), part)
    flash(_("The survey is open. Now make the cards."))
    return redirect(url_for(".wave", school_id=school_id, wave_id=wave_id))


def _checked(found: Wave) -> str | None:
    """Checks that a report of this draft could be published, while no write lock is held. Returns
    the reference of its questionnaire; None for a draft that the launch refuses anyway."""
    if found.state is not WaveState.DRAFT or operations.missing_before_launch(found.campaign):
        return None
    return launch_checks.refuse_unreportable(draft_of(found.campaign))


def _launch_page(found: Wave, form: LaunchForm) -> str:
    move(found.state, WaveState.OPEN)  # refuses a survey that cannot be launched now
    planned = planned_of(found.campaign, found.number)
    form.seen.data = launch_checks.mark_of(found.campaign)
    questionnaire = draft_of(found.campaign)
    return render_template(
        "campaigns/launch.html",
        wave=found,
        campaign=found.campaign,
        school=found.campaign.school,
        form=form,
        planned=planned,
        is_late_or_early=planned is not None
        and not planned.opens_from <= today() <= planned.opens_until,
        missing=operations.missing_before_launch(found.campaign),
        sign_offs=sign_offs.standings(read(), found),
        policy=None if questionnaire.is_pulse else consent_name(consent_of(found)),
        years_asked=years_asked_for_a_yes(consent_of(found)),
        gender_question=GENDER_QUESTIONS.get(questionnaire.gender_question, ""),
        own_questions=own_question_approval.own_words(found.campaign),
        own_request=own_question_approval.request_of(read(), found),
        own_wait=own_question_approval.wait(found.campaign),
        second=second_people(read(), school=found.campaign.school, asked_by=current_member().id),
        contacts_due=contacts_due(
            [found.campaign], nation=found.campaign.school.nation.value, today=today()
        ),
        operator=current_settings().operator_contact,
        questionnaire=questionnaire,
        minutes=minutes_of(questionnaire),
        bands=bands_ahead(found.campaign),
        least_in_band=LEAST,
        language_label=language_label,
        unreviewed=unreviewed(questionnaire.languages),
        unmatched=unmatched(template_of(found.campaign), adaptation_of(found.campaign)),
    )


@bp.post(f"{WAVE}/batches")
@requires(Permission.CODES_PRINT)
def batch(school_id: uuid.UUID, wave_id: uuid.UUID) -> str:
    """Makes codes and shows them, this once."""
    asked = find_wave(read(), school_id, wave_id)
    form = _batch_form(asked)
    refuse_unknown_fields(form)
    if not form.validate_on_submit():
        return _wave_page(asked, form)
    try:
        with begin() as db:
            found = find_wave(db, school_id, wave_id)
            made, codes = operations.make_batch(
                db,
                wave=found,
                year=form.chosen_year(),
                label=form.label.data or "",
                count=form.count.data or 0,
                key=current_settings().code_key,
                today=today(),
                by=current_member(),
                seed=form.number.data,
            )
    except MoreThanRollError as refused:
        form.count.errors = [refused.message]
        return _wave_page(find_wave(read(), school_id, wave_id), form)
    return render_template(
        "campaigns/codes.html",
        wave=found,
        campaign=found.campaign,
        school=found.campaign.school,
        batch=made,
        codes=codes,
        languages_form=CardLanguagesForm(questionnaire_of(found).languages),
    )


@bp.route(f"{WAVE}/more", methods=["GET", "POST"])
@requires(Permission.CODES_PRINT)
def more(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """Asks a second person for more cards, or for more students on the roll."""
    found = find_wave(read(), school_id, wave_id)
    form = MoreForm(is_open=found.state is WaveState.OPEN, roll=roll_given(found))
    if form.is_submitted():
        refuse_unknown_fields(form)
    if form.validate_on_submit():
        try:
            with begin() as db:
                ask_for_more(
                    db,
                    wave=find_wave(db, school_id, wave_id),
                    kind=form.chosen_kind(),
                    year=form.chosen_year(),
                    count=form.count.data or 0,
                    reason=form.reason.data or "",
                    by=current_member(),
                    today=today(),
                )
            flash(_("You have asked. It takes effect when a second person agrees."))
            return redirect(url_for(".wave", school_id=school_id, wave_id=wave_id) + "#cards")
        except BatchSizeError as refused:
            form.count.errors = [refused.message]
        except ApprovalReasonError as refused:
            form.reason.errors = [refused.message]
    found = find_wave(read(), school_id, wave_id)
    if found.state not in (WaveState.OPEN, WaveState.CLOSED) or is_pulse(found.campaign):
        raise SurveyNotOpenError(_("This can be asked while the survey is open."))
    return render_template(
        "campaigns/more.html",
        wave=found,
        campaign=found.campaign,
        school=found.campaign.school,
        form=form,
        stock=cards_of(read(), found),
        fewest_added=FEWEST_ADDED,
        second=second_people(read(), school=found.campaign.school, asked_by=current_member().id),
        operator=current_settings().operator_contact,
    )


@bp.post(f"{WAVE}/cards.pdf")
@requires(Permission.CODES_PRINT)
def cards_pdf(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    found = find_wave(read(), school_id, wave_id)
    sheet = _sheet(found, _languages_sent(found), _label_sent())
    codes = _codes_sent(found)
    drawn = cards.as_pdf(sheet, codes)
    _record_printing(school_id, wave_id, len(codes))
    return as_file(drawn, "application/pdf", "survey-cards.pdf")


@bp.post(f"{WAVE}/codes.csv")
@requires(Permission.CODES_PRINT)
def codes_csv(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    found = find_wave(read(), school_id, wave_id)
    codes = _codes_sent(found)
    # The mark at the start is how spreadsheets know that it is UTF-8.
    words = "\ufeff" + cards.as_csv(_sheet(found), codes)
    _record_printing(school_id, wave_id, len(codes))
    return as_file(words.encode(), "text/csv; charset=utf-8", "survey-codes.csv")


# Their common parts


def _label_sent() -> str:
    """The label of a batch, as the page with its codes sends it."""
    label = " ".join(kept(request.form.get("label", "")).split())
    return label if length(label) <= LONGEST_LABEL else ""


def _batch_form(found: Wave) -> BatchForm:
    return BatchForm(of_pulse=is_pulse(found.campaign), roll=roll_given(found))


def _record_printing(school_id: uuid.UUID, wave_id: uuid.UUID, count: int) -> None:
    with begin() as db:
        found = find_wave(db, school_id, wave_id)
        operations.record_printing(db, wave=found, count=count, by=current_member())


def _sheet(found: Wave, languages: tuple[str, ...] = (), label: str = "") -> cards.CardSheet:
    settings, questionnaire = current_settings(), questionnaire_of(found)
    return cards.CardSheet(
        title=found.campaign.title,
        address=settings.public_address,
        host=settings.host,
        questionnaire=questionnaire,
        languages=languages or questionnaire.languages[:1],
        label=" ".join(label.split())[:LONGEST_LABEL],
    )


def _languages_sent(found: Wave) -> tuple[str, ...]:
    form = CardLanguagesForm(questionnaire_of(found).languages)
    if not form.validate():
        raise CardLanguagesError(_("This survey has no such language. Choose another one."))
    return form.chosen()


def _codes_sent(found: Wave) -> list[OpenedCode]:
    """The codes that the page of a new batch sent back. We print only what opens this wave: else
    anyone signed in could have us print whatever they like under our address."""
    opened = [
        read_code(text, key=current_settings().code_key)
        for text in request.form.get("codes", "").split()[: MOST_CARDS + 1]
    ]
    codes = [code for code in opened if code is not None and code.door == found.door]
    if not codes or len(codes) != len(opened) or len(codes) > MOST_CARDS:
        raise ForeignCodesError(_("These are not the codes of this survey. Make new cards."))
    return codes
