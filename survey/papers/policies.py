"""Sentences of the data-protection papers about the policies of one school or authority.

The papers of the service describe the choices; these state what was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.organisations.models import Authority, School
from survey.organisations.policies.consent import Consent, ConsentKind
from survey.organisations.policies.operations import policies_of
from survey.organisations.policies.wording import years_asked_for_a_yes


@dataclass(frozen=True)
class Chosen:
    """The policies of an organisation; None for what an authority leaves to its schools."""

    consent: Consent | None
    gender_question: str | None

    @classmethod
    def by(cls, organisation: School | Authority) -> Chosen:
        if isinstance(organisation, School):
            holds = policies_of(organisation)
            return cls(holds.consent, holds.gender_question)
        written = organisation.consent
        return cls(Consent.parse(written) if written else None, organisation.gender_question)

    def said(self, key: str) -> str | None:
        """The sentence of a claim under these policies; None for other claims and for policies that
        are not chosen."""
        if key in CONSENT and self.consent is not None:
            words = CONSENT[key][self.consent.kind]
            return str(words) % {
                "age": self.consent.under,
                "years": years_asked_for_a_yes(self.consent),
            }
        if key == "gender" and self.gender_question is not None:
            return str(GENDER[self.gender_question])
        return None


NOTHING = Chosen(None, None)

CONSENT: Mapping[str, Mapping[ConsentKind, LazyString]] = {
    "consent": {
        ConsentKind.OPT_OUT: _l(
            "Parents and carers get a letter before a survey and can say no. A student can say no"
            " on the day."
        ),
        ConsentKind.OPT_IN: _l(
            "A student takes part only if a parent or carer said yes on a slip. There are no more"
            " cards than slips and a reserve. Only the number of slips by year group is kept, never"
            " whose they are. A student can say no on the day."
        ),
        ConsentKind.OPT_IN_UNDER: _l(
            "Where the youngest of a year group are under %(age)s when the school year begins"
            " (%(years)s), a student takes part only if a parent or carer said yes on a slip, and"
            " there are no more cards than slips and a reserve. In all others parents and carers"
            " get a letter before and can say no. Only the number of slips by year group is kept,"
            " never whose they are."
        ),
    },
    "easy_consent": {
        ConsentKind.OPT_OUT: _l("Your parents or carers can say no too."),
        ConsentKind.OPT_IN: _l("You take part only if your parents or carers say yes."),
        ConsentKind.OPT_IN_UNDER: _l(
            "%(years)s: you take part only if your parents or carers say yes. If you are older,"
            " they can say no."
        ),
    },
}
"""By claim and policy."""

GENDER: Mapping[str, LazyString] = {
    "gender-2026.1": _l(
        "Students are asked which of girl, boy or another word describes them, and may prefer not"
        " to say."
    ),
    "sex-2026.1": _l("Students are asked for their sex, and may prefer not to say."),
    "both-2026.1": _l(
        "Students are asked for their sex, and which of girl, boy or another word describes them;"
        " they may prefer not to say. No figure combines the two."
    ),
}
"""By variant of the question."""
