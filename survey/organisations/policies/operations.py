"""Operations on the policies of schools and authorities.

What its authority decided holds; where the authority leaves it to its schools, or there is none,
what the school decided; else parents can say no, and gender is asked as the template has it. A
survey keeps the policies of the day it was launched.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.errors import RefusedError
from survey.organisations.models import Authority, School
from survey.organisations.policies.consent import OPT_OUT, Consent, ConsentError
from survey.permissions import MemberLike
from survey.questionnaires.gender_question.variants import AS_TEMPLATE, VARIANTS


class ConsentPolicyError(RefusedError):
    """A policy that there is not, or one that is not the school's to choose."""


@dataclass(frozen=True)
class Policies:
    """What holds for a school, and what of it its authority decided."""

    consent: Consent
    gender_question: str
    consent_is_given: bool
    gender_is_given: bool


def policies_of(school: School) -> Policies:
    authority = school.authority
    given = (authority.consent, authority.gender_question) if authority else (None, None)
    return Policies(
        consent=_consent(given[0] or school.consent),
        gender_question=given[1] or school.gender_question or AS_TEMPLATE,
        consent_is_given=given[0] is not None,
        gender_is_given=given[1] is not None,
    )


def _consent(written: str | None) -> Consent:
    return OPT_OUT if written is None else Consent.parse(written)


def change(
    db: Session,
    *,
    organisation: School | Authority,
    consent: str | None,
    gender_question: str | None,
    by: MemberLike | None,
) -> bool:
    """Sets the policies of an authority (None: each school decides) or a school. What an authority
    decided is left alone in its schools. Says whether anything changed."""
    _refuse_unknown(consent, gender_question)
    wanted = {"consent": consent, "gender_question": gender_question}
    if isinstance(organisation, School):
        holds = policies_of(organisation)
        if holds.consent_is_given:
            wanted["consent"] = organisation.consent
        if holds.gender_is_given:
            wanted["gender_question"] = organisation.gender_question
    before = {name: getattr(organisation, name) for name in wanted}
    if before == wanted:
        return False
    for name, value in wanted.items():
        setattr(organisation, name, value)
    is_school = isinstance(organisation, School)
    record(
        db,
        EventName.POLICY_CHANGED,
        by=by,
        school_id=organisation.school_id if isinstance(organisation, School) else None,
        authority_id=None if is_school else organisation.authority_id,
        **{name: value or "each school" for name, value in wanted.items()},
    )
    return True


def _refuse_unknown(consent: str | None, gender_question: str | None) -> None:
    try:
        _consent(consent)
    except ConsentError:
        raise ConsentPolicyError(_("There is no such policy on consent.")) from None
    if gender_question is not None and gender_question not in VARIANTS:
        raise ConsentPolicyError(_("There is no such question about sex or gender."))
