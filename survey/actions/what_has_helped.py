"""Suggestions of what has helped elsewhere, by the kind of place or theme, each with its study or
guidance. Shown with the form of an action, for a school to choose from: nothing here is a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel.speaklater import LazyString

from survey.i18n import lazy_gettext as _l


@dataclass(frozen=True)
class StudySource:
    """Where it was published. The words are the publication's own, so they stay in English."""

    words: str
    address: str


@dataclass(frozen=True)
class ActionSuggestion:
    says: LazyString
    source: StudySource


ASTOR = StudySource(
    "Astor, Meyer and Behre (1999), Unowned Places and Times, American Educational Research Journal"
    " 36(1)",
    "https://doi.org/10.3102/00028312036001003",
)
TAYLOR = StudySource(
    "Taylor, Stein, Mumford and Woods (2013), Shifting Boundaries, Prevention Science 14",
    "https://doi.org/10.1007/s11121-012-0293-2",
)
TTOFI = StudySource(
    "Ttofi and Farrington (2011), Effectiveness of school-based programs to reduce bullying,"
    " Journal of Experimental Criminology 7",
    "https://doi.org/10.1007/s11292-010-9109-1",
)
WELSH = StudySource(
    "Welsh and Farrington (2008), Effects of improved street lighting on crime, Campbell Systematic"
    " Reviews 4(1)",
    "https://doi.org/10.4073/csr.2008.13",
)
OFSTED = StudySource(
    "Ofsted (2021), Review of sexual abuse in schools and colleges",
    "https://www.gov.uk/government/publications/review-of-sexual-abuse-in-schools-and-colleges",
)
BULLYING = StudySource(
    "Department for Education (2017), Preventing and tackling bullying",
    "https://www.gov.uk/government/publications/preventing-and-tackling-bullying",
)
CONTEXTUAL = StudySource(
    "Contextual Safeguarding programme, Durham University, toolkits for schools and neighbourhoods",
    "https://www.contextualsafeguarding.org.uk/toolkits/",
)

OWNED = ActionSuggestion(
    _l("Give the place an adult who is in charge of it. Violence gathers where and when no adult"
       " feels responsible."),
    ASTOR,
)  # fmt: skip
MAPPED = ActionSuggestion(
    _l("Move adults to the places that students mark as unsafe on a plan. Together with other"
       " changes to the building, this reduced sexual violence between students."),
    TAYLOR,
)  # fmt: skip
WATCHED = ActionSuggestion(
    _l("Improve supervision outdoors and in breaks. Programmes that did so reduced bullying more."),
    TTOFI,
)
LIT = ActionSuggestion(
    _l("Ask for better lighting. Crime fell by about a fifth where street lighting was improved."),
    WELSH,
)
WALKED = ActionSuggestion(
    _l("Walk through the place with students, and change what they point out: sight lines, doors,"
       " who waits where. Work with the people who run the place outside school."),
    CONTEXTUAL,
)  # fmt: skip
ASSUMED = ActionSuggestion(
    _l("Assume that it happens here, even where no one reports it, and act on small things early."),
    OFSTED,
)
TAUGHT = ActionSuggestion(
    _l("Agree with students and staff what bullying is, respond each time in the same way, and make"
       " it easy to report."),
    BULLYING,
)  # fmt: skip
TOLD = ActionSuggestion(
    _l("Tell students what was done with what they said. They report more where they see that"
       " adults act."),
    OFSTED,
)  # fmt: skip

INSIDE, OUTSIDE = (OWNED, MAPPED, WALKED), (WALKED, LIT)
BY_PLACE: Mapping[str, tuple[ActionSuggestion, ...]] = {
    "outdoors": (WATCHED, OWNED, WALKED),
    "canteen": (WATCHED, OWNED, WALKED),
}
"""Suggestions for single kinds of place; others depend on whether they are in school."""

BY_THEME: Mapping[str, tuple[ActionSuggestion, ...]] = {
    "BULLY": (TAUGHT, WATCHED),
    "VIOL": (OWNED, WATCHED),
    "DISCRIM": (TAUGHT, ASSUMED),
    "ONLINE": (TAUGHT, TOLD),
    "SEXHARM": (ASSUMED, MAPPED),
    "REL": (ASSUMED, TOLD),
    "EXPLOIT": (WALKED, TOLD),
    "WEAPON": (WALKED, OWNED),
    "HELP": (TOLD, ASSUMED),
}


def for_place(key: str, *, is_inside: bool) -> tuple[ActionSuggestion, ...]:
    return BY_PLACE.get(key, INSIDE if is_inside else OUTSIDE)


def for_theme(tag: str) -> tuple[ActionSuggestion, ...]:
    return BY_THEME.get(tag, (TOLD,))
