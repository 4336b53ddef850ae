"""Forms of analysts: places of several schools that are the same, and what was agreed with a
partner."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from wtforms import SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, InputRequired

from survey.actions.operations import LONGEST_LINE, LONGEST_TEXT
from survey.actions.shared_places.models import Partner
from survey.actions.shared_places.operations import Agreed
from survey.edit_conflicts import EditForm
from survey.typed_fields import DateField, Length, StringField, TextAreaField

NONE = ""

PARTNERS: Mapping[Partner, LazyString] = {
    Partner.POLICE: _l("Police"),
    Partner.TRANSPORT: _l("Transport company"),
    Partner.PARKS: _l("Park services"),
    Partner.COUNCIL: _l("Council team"),
    Partner.YOUTH: _l("Youth work"),
    Partner.BUSINESS: _l("Shops and businesses"),
    Partner.OTHER: _l("Somebody else"),
}

Offer = tuple[uuid.UUID, str, tuple[tuple[str, str], ...]]
"""A school, its name, and its places: key and words."""


class SharedPlaceForm(EditForm):
    """A name, and for each school which of its places it is. Made for the schools of a programme by
    `of`."""

    name = StringField(
        _l("Name of the place"),
        [DataRequired(_l("Write the name of the place.")), Length(max=LONGEST_LINE)],
        description=_l("As people there call it, like “Riverside bus station”."),
    )

    @classmethod
    def of(
        cls, offers: Iterable[Offer], name: str = "", ties: Mapping[uuid.UUID, str] | None = None
    ) -> SharedPlaceForm:
        given = list(offers)
        fields: dict[str, Any] = {
            _field(school_id): SelectField(
                label,
                default=NONE,
                choices=[
                    SelectChoice(NONE, _l("not this school")),
                    *(SelectChoice(key, words) for key, words in places),
                ],
            )
            for school_id, label, places in given
        }
        form = type("SchoolsForm", (cls,), fields)
        known = {_field(school_id): key for school_id, key in (ties or {}).items()}
        made: SharedPlaceForm = form(data={"name": name, **known})
        made._schools = [school_id for school_id, _label, _places in given]
        return made

    _schools: list[uuid.UUID]

    @property
    def by_school(self) -> list[Any]:
        return [self[_field(school_id)] for school_id in self._schools]

    def ties(self) -> dict[uuid.UUID, str]:
        chosen = ((one, self[_field(one)].data) for one in self._schools)
        return {school_id: key for school_id, key in chosen if key}


def _field(school_id: uuid.UUID) -> str:
    return f"school_{school_id.hex}"


class PartnerForm(EditForm):
    """Who does what in a shared place, by when."""

    partner = SelectField(_l("Partner"))
    who = StringField(
        _l("Who sees to it"),
        [DataRequired(_l("Write who sees to it.")), Length(max=LONGEST_LINE)],
        description=_l("A team or a role, like “Neighbourhood policing team, east”."),
    )
    steps_taken = TextAreaField(
        _l("What is done"),
        [DataRequired(_l("Write what is done.")), Length(max=LONGEST_TEXT)],
        description=_l("Name no student."),
        render_kw={"rows": 3},
    )
    due_on = DateField(_l("By when"), [InputRequired(_l("Choose a day."))])

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.partner.choices = [SelectChoice(one.value, words) for one, words in PARTNERS.items()]

    def agreed(self) -> Agreed:
        if self.due_on.data is None:
            raise ValueError("asked of a form that is not whole")
        return Agreed(
            partner=Partner(self.partner.data),
            who=self.who.data or "",
            steps_taken=self.steps_taken.data or "",
            due_on=self.due_on.data,
        )
