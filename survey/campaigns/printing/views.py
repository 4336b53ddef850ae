"""The pages of what a school prints in addition to cards: poster, letter, teacher's page, all
questions."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response as FileResponse
from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey import pdf as typeset
from survey.campaigns.adult_surveys import PULSES
from survey.campaigns.blueprint import WAVE, bp
from survey.campaigns.errors import OptOutDayError
from survey.campaigns.models import Wave
from survey.campaigns.printing import (
    adult_survey_letter,
    item_list,
    parent_letter,
    poster,
    teacher_script,
)
from survey.campaigns.printing import operations as printing_operations
from survey.campaigns.printing.context import Facts, facts_of
from survey.campaigns.printing.forms import DetailsForm
from survey.campaigns.queries import find_wave
from survey.database import begin, read
from survey.http.attachments import as_file
from survey.http.unknown_fields import refuse_unknown_fields
from survey.languages import STAFF_LANGUAGES, language_name
from survey.permissions import Permission, current_member, requires
from survey.questionnaires.model import Audience
from survey.settings import current_settings


@dataclass(frozen=True)
class PrintedSheet:
    """One printed sheet: its name and purpose, who reads it, and what makes it."""

    title: Any
    purpose: Any
    source: str
    pdf: Callable[[Facts, str], bytes]
    given: Callable[[Facts, str], Mapping[str, Any]]
    for_staff: bool = False
    goes_to: frozenset[Audience] = frozenset({Audience.STUDENTS})

    def languages(self, facts: Facts) -> tuple[str, ...]:
        return STAFF_LANGUAGES if self.for_staff else facts.questionnaire.languages


SHEETS: Mapping[str, PrintedSheet] = {
    "poster": PrintedSheet(
        _l("Poster"),
        _l("For classrooms and assembly: what it is, who asks and why, and where to turn. A4, no"
           " code on it."),
        poster.SHEET,
        poster.poster_pdf,
        poster.poster,
    ),
    "letter": PrintedSheet(
        _l("Letter to parents"),
        _l("What is asked, how parents say no or yes and by when, and whom to talk to, with a slip"
           " to send back. Send it at least a week before."),
        parent_letter.SHEET,
        parent_letter.letter_pdf,
        parent_letter.letter,
    ),
    "items": PrintedSheet(
        _l("All questions"),
        _l(
            "Every question with all its answers, for parents and others who want to read them"
            " first."
        ),
        item_list.SHEET,
        item_list.items_pdf,
        item_list.items,
        goes_to=frozenset(Audience),
    ),
    "note": PrintedSheet(
        _l("Letter with the cards"),
        _l("Who asks and why, that no one will know who said what, and where to turn. Hand it out"
           " with the cards, or send it with the links."),
        adult_survey_letter.SHEET,
        adult_survey_letter.note_pdf,
        adult_survey_letter.note,
        goes_to=frozenset(PULSES),
    ),
    "script": PrintedSheet(
        _l("Page for teachers"),
        _l("What to prepare, what to read aloud, and what to do when a student is upset or tells"
           " something."),
        teacher_script.SHEET,
        teacher_script.script_pdf,
        teacher_script.script,
        for_staff=True,
    ),
}  # fmt: skip
"""In the order a school needs them."""

PRINT = f"{WAVE}/print"
SHEET = f"{PRINT}/<any({', '.join(SHEETS)}):sheet>"


@bp.get(f"{PRINT}/")
@requires(Permission.QUESTIONNAIRE_PREVIEW)
def print_page(school_id: uuid.UUID, wave_id: uuid.UUID) -> str:
    found = find_wave(read(), school_id, wave_id)
    return _print_page(found, DetailsForm.of(found))


def _print_page(found: Wave, form: DetailsForm) -> str:
    facts = facts_of(found, current_settings())
    return render_template(
        "campaigns/printing/print.html",
        wave=found,
        campaign=found.campaign,
        school=found.campaign.school,
        sheets=_sheets(facts),
        facts=facts,
        form=form,
        language_name=language_name,
        parents_address=facts.items_address,
    )


@bp.post(f"{PRINT}/")
@requires(Permission.CODES_PRINT)
def save_print_details(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    asked = find_wave(read(), school_id, wave_id)
    form = DetailsForm.of(asked)
    refuse_unknown_fields(form)
    if form.validate():
        try:
            with begin() as db:
                printing_operations.save_details(
                    db,
                    wave=find_wave(db, school_id, wave_id),
                    **form.given(),
                    by=current_member(),
                )
            flash(_("Saved. The sheets say it from now on."))
            return redirect(url_for(".print_page", school_id=school_id, wave_id=wave_id))
        except OptOutDayError as refused:
            form.opt_out_by.errors = [refused.message]
    return _print_page(asked, form)


@bp.post(f"{PRINT}/items-<any(shown, hidden):choice>")
@requires(Permission.QUESTIONNAIRE_ADAPT)
def switch_items(school_id: uuid.UUID, wave_id: uuid.UUID, choice: str) -> Response:
    """Opens or closes the page for parents."""
    refuse_unknown_fields(FlaskForm())
    with begin() as db:
        wave = find_wave(db, school_id, wave_id)
        if choice == "shown":
            printing_operations.show_items(db, wave=wave, by=current_member())
            flash(_("Parents can read all questions now. The letter says where."))
        else:
            printing_operations.hide_items(db, wave=wave, by=current_member())
            flash(_("The page for parents is closed. Its address does not come back."))
    return redirect(url_for(".print_page", school_id=school_id, wave_id=wave_id) + "#parents")


@bp.get(f"{SHEET}.pdf")
@requires(Permission.QUESTIONNAIRE_PREVIEW)
def sheet_pdf(school_id: uuid.UUID, wave_id: uuid.UUID, sheet: str) -> Response:
    facts = facts_of(find_wave(read(), school_id, wave_id), current_settings())
    one = _sheet_called(sheet, facts)
    language = _language(one, facts)
    return as_file(one.pdf(facts, language), "application/pdf", f"{sheet}-{language}.pdf")


@bp.get(f"{SHEET}.png")
@requires(Permission.QUESTIONNAIRE_PREVIEW)
def sheet_thumbnail(school_id: uuid.UUID, wave_id: uuid.UUID, sheet: str) -> Response:
    """The first page, small, as the school would print it now."""
    facts = facts_of(find_wave(read(), school_id, wave_id), current_settings())
    one = _sheet_called(sheet, facts)
    language = _language(one, facts)
    given = one.given(facts, language)
    drawn = typeset.thumbnail(one.source, language=language, title=facts.title, given=given)
    return FileResponse(drawn, content_type="image/png")


def _sheets(facts: Facts) -> Mapping[str, PrintedSheet]:
    """What is printed for those who are asked."""
    audience = facts.questionnaire.audience
    return {key: sheet for key, sheet in SHEETS.items() if audience in sheet.goes_to}


def _sheet_called(key: str, facts: Facts) -> PrintedSheet:
    found = _sheets(facts).get(key)
    if found is None:
        abort(404)
    return found


def _language(sheet: PrintedSheet, facts: Facts) -> str:
    """The language asked for, or the first there is."""
    offered = sheet.languages(facts)
    asked = request.args.get("lang", "")
    return asked if asked in offered else offered[0]
