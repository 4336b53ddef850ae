"""The form in which an analyst or a lead chooses policies."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, StopValidation

from survey.edit_conflicts import EditForm
from survey.organisations.models import Authority, School
from survey.organisations.policies import wording
from survey.organisations.policies.consent import AGES, Consent, ConsentKind
from survey.organisations.policies.operations import policies_of
from survey.questionnaires.gender_question.variants import VARIANTS

SCHOOLS_DECIDE = ""
USUAL_AGE = 13


def _counts_for_opt_in_under(form: EditForm, field: SelectField) -> None:
    """Asks for an age only where parents opt in under an age."""
    field.errors = []
    if form.data["consent"] != ConsentKind.OPT_IN_UNDER.value:
        raise StopValidation()
    if field.data not in {str(age) for age in AGES}:
        raise StopValidation(_("Choose an age."))


class PoliciesForm(EditForm):
    """The policies of an authority, with "each school decides", or of a school, without what its
    authority decided."""

    consent = RadioField(_l("How parents agree"), [InputRequired(_l("Choose one."))])
    under = SelectField(
        _l("Under which age a parent has to say yes"),
        [_counts_for_opt_in_under],
        choices=[SelectChoice(str(age), str(age)) for age in AGES],
        description=_l("It counts only for opt-in under an age."),
    )
    gender_question = RadioField(
        _l("What is asked about sex and gender"), [InputRequired(_l("Choose one."))]
    )

    def __init__(self, organisation: School | Authority, **given: Any) -> None:
        super().__init__(data=_data(organisation), **given)
        first = []
        if isinstance(organisation, Authority):
            # An empty choice is a choice here. `Optional` would let blanks through as well.
            self.consent.validators = self.gender_question.validators = []
            first = [SelectChoice(SCHOOLS_DECIDE, _("Each school decides"))]
        self.consent.choices = [
            *first,
            *(SelectChoice(kind.value, words) for kind, words in wording.KINDS.items()),
        ]
        self.gender_question.choices = [
            *first,
            *(SelectChoice(key, wording.GENDER_QUESTIONS[key]) for key in VARIANTS),
        ]
        if isinstance(organisation, School):
            holds = policies_of(organisation)
            if holds.consent_is_given:
                del self.consent, self.under
            if holds.gender_is_given:
                del self.gender_question

    def chosen(self) -> dict[str, str | None]:
        """For `operations.change`; None for what is left open, or is not asked here."""
        consent = None
        if "consent" in self and self.consent.data:
            kind = ConsentKind(self.consent.data)
            age = int(self.under.data) if kind is ConsentKind.OPT_IN_UNDER else None
            consent = str(Consent(kind, age))
        asked = self.gender_question.data if "gender_question" in self else None
        return {"consent": consent, "gender_question": asked or None}


def _data(organisation: School | Authority) -> dict[str, str]:
    """What is decided; a school that has not decided gets what holds without it."""
    consent: Consent | None
    if isinstance(organisation, School):
        holds = policies_of(organisation)
        consent, asked = holds.consent, holds.gender_question
    else:
        consent = None if organisation.consent is None else Consent.parse(organisation.consent)
        asked = organisation.gender_question or SCHOOLS_DECIDE
    return {
        "consent": consent.kind.value if consent else SCHOOLS_DECIDE,
        "under": str(consent.under if consent and consent.under else USUAL_AGE),
        "gender_question": asked,
    }
