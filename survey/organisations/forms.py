"""Forms of operators, leads and members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    RadioField,
    SelectField,
    SelectMultipleField,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import (
    DataRequired,
    InputRequired,
    NumberRange,
    Optional,
    Regexp,
    StopValidation,
)
from wtforms.widgets import CheckboxInput

from survey.edit_conflicts import EditForm
from survey.languages import STAFF_LANGUAGES, language_name
from survey.organisations import letterhead
from survey.organisations.letterhead import LONGEST_NAME
from survey.organisations.models import Authority, AuthorityKind, Membership, Nation, Phase, School
from survey.organisations.operations import LARGEST_YEAR, YEARS
from survey.organisations.seats.operations import roles_at
from survey.permissions import Role
from survey.typed_fields import (
    CountField,
    EmailField,
    Length,
    StringField,
    TextAreaField,
    UploadField,
)
from survey.year_groups.values import YearGroup, YearNaming
from survey.year_groups.wording import year_name

LANGUAGES = {tag: language_name(tag) for tag in STAFF_LANGUAGES}

NATIONS = {
    Nation.ENGLAND: _l("England"),
    Nation.WALES: _l("Wales"),
    Nation.SCOTLAND: _l("Scotland"),
    Nation.NORTHERN_IRELAND: _l("Northern Ireland"),
}

PHASES = {
    Phase.SECONDARY: _l("Secondary"),
    Phase.ALL_THROUGH: _l("All-through"),
    Phase.MIDDLE: _l("Middle school"),
    Phase.SIXTH_FORM: _l("Sixth form or college"),
    Phase.SPECIAL: _l("Special school"),
    Phase.ALTERNATIVE: _l("Alternative provision"),
    Phase.INDEPENDENT: _l("Independent school"),
    Phase.PRIMARY: _l("Primary school with Year 6"),
}

KINDS = {
    AuthorityKind.AUTHORITY: _l("Local authority"),
    AuthorityKind.TRUST: _l("Academy trust"),
    AuthorityKind.PARTNERSHIP: _l("Partnership"),
}

ROLES = {
    Role.OPERATOR: _l("Operator: runs this service"),
    Role.ANALYST: _l("Analyst: runs programmes and compares schools"),
    Role.TRUST_ANALYST: _l("Trust analyst: runs programmes and compares the trust’s schools"),
    Role.PARTNER: _l("Partner: sees one shared place and its actions"),
    Role.HEAD: _l("Head: reads the report and actions, agrees, invites colleagues"),
    Role.LEAD: _l("Safeguarding lead: adapts, launches, closes and reads the report"),
    Role.DEPUTY: _l("Deputy lead: does what the lead does, except inviting colleagues"),
    Role.GOVERNOR: _l("Governor: reads the report and actions"),
    Role.COORDINATOR: _l("Survey coordinator: launches and prints, reads no report"),
}
"""What each seat is called, and what it opens."""


def _choices(labels: Mapping[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(str(value), label) for value, label in labels.items()]


class AuthorityForm(EditForm):
    name = StringField(
        _l("Name of the authority"), [DataRequired(_l("Write the name.")), Length(max=120)]
    )
    kind = RadioField(
        _l("Kind of organisation"), choices=_choices(KINDS), default=AuthorityKind.AUTHORITY.value
    )
    nation = SelectField(_l("Nation"), choices=_choices(NATIONS))


class SchoolForm(FlaskForm):
    name = StringField(
        _l("Name of the school"), [DataRequired(_l("Write the name.")), Length(max=120)]
    )
    authority = SelectField(_l("Authority"))
    nation = SelectField(_l("Nation"), choices=_choices(NATIONS))
    phase = SelectField(_l("Kind of school"), choices=_choices(PHASES))

    def __init__(self, authorities: Iterable[Authority], **given: Any) -> None:
        super().__init__(**given)
        self.authority.choices = [
            SelectChoice("", _("None")),
            *(SelectChoice(str(one.authority_id), one.name) for one in authorities),
        ]


class SchoolDetailsForm(EditForm):
    """What a school is called and is."""

    name = StringField(
        _l("Name of the school"), [DataRequired(_l("Write the name.")), Length(max=120)]
    )
    nation = SelectField(_l("Nation"), choices=_choices(NATIONS))
    phase = SelectField(_l("Kind of school"), choices=_choices(PHASES))
    register = StringField(
        _l("Number in the register"),
        [
            Optional(),
            Regexp(r"\s*[0-9][0-9/ -]{0,15}\s*$", message=_l("Write digits, like 137083.")),
        ],
        description=_l("In England the URN. Leave it empty if the school has none."),
    )


class ChosenForm(FlaskForm):
    """Another school or authority, by name."""

    chosen = SelectField(_l("Choose"))

    @classmethod
    def among(cls, label: str, found: Iterable[tuple[str, str]]) -> ChosenForm:
        form = cls()
        form.chosen.label.text = label
        form.chosen.choices = [SelectChoice(value, name) for value, name in found]
        return form


class MergeSchoolsForm(ChosenForm):
    """The school that continues, and who of this one works there."""

    people = SelectMultipleField(
        _l("Who gets the same seat there"), option_widget=CheckboxInput(), validate_choice=True
    )

    @classmethod
    def of(cls, partners: Iterable[tuple[str, str]], seats: Iterable[Membership]) -> Self:
        """All people of the school are ticked at first."""
        found = [(str(one.membership_id), one) for one in seats]
        form = cls(people=[key for key, _one in found])
        form.chosen.label.text = _("The school that goes on")
        form.chosen.choices = [SelectChoice(value, name) for value, name in partners]
        form.people.choices = [SelectChoice(key, _person(one)) for key, one in found]
        if not found:
            del form.people
        return form


def _person(seat: Membership) -> str:
    """Name, address and seat with what it opens: two people can have one name."""
    return f"{seat.name} ({seat.member.email}). {ROLES[seat.role]}"


class PersonForm(FlaskForm):
    """Who is invited."""

    name = StringField(_l("Name"), [DataRequired(_l("Write the name.")), Length(max=120)])
    email = EmailField(
        _l("E-mail address"),
        [
            DataRequired(_l("Write the e-mail address.")),
            Length(max=254),
            Regexp(
                r"\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$",
                message=_l("Write a whole e-mail address, like name@school.example."),
            ),
        ],
    )


class MemberForm(PersonForm):
    role = RadioField(_l("Role"), [InputRequired(_l("Choose a role."))])
    way = RadioField(
        _l("How they get in"),
        choices=[
            SelectChoice("invite", _l("We send them a link by e-mail")),
            SelectChoice("password", _l("I hand over a first password, shown to me once")),
        ],
        default="invite",
    )

    def __init__(self, organisation: School | Authority, *, sends_mail: bool, **given: Any) -> None:
        super().__init__(**given)
        if not sends_mail:
            del self.way
        self.role.choices = _choices({role: ROLES[role] for role in roles_at(organisation)})

    def invites(self) -> bool:
        return bool(self.way is not None and self.way.data == "invite")


class EraseForm(FlaskForm):
    """Erasing is asked for by typing what is erased."""

    typed = StringField(_l("Type it"), [DataRequired(_l("Type it to confirm."))])
    wanted = ""

    @classmethod
    def asking_for(cls, wanted: str) -> EraseForm:
        form = cls()
        form.wanted = wanted
        form.typed.label.text = _("To confirm, type: %(name)s", name=wanted)
        return form

    def validate_typed(self, field: Field) -> None:
        if " ".join(str(field.data).split()).casefold() != " ".join(self.wanted.split()).casefold():
            raise StopValidation(_("This is not the same. Nothing was erased."))


class SchoolSettingsForm(EditForm):
    """With a field for each year group of the nation, `year_7` and so on."""

    names_itself = BooleanField(_l("We agree to be named where our school is compared"))

    def __init__(self, nation: str, **given: Any) -> None:
        super().__init__(**given)
        self.years = YearNaming.of_nation(nation).groups_on_roll
        for year in YEARS:
            if YearGroup(year) not in self.years:
                del self[f"year_{year}"]
        for group in self.years:
            self[f"year_{group.number}"].label.text = year_name(group.number)

    def roll_fields(self) -> list[Field]:
        return [self[f"year_{group.number}"] for group in self.years]

    def roll(self) -> dict[str, int]:
        """Students by year group, without the years that the school does not have."""
        given = {str(group.number): self[f"year_{group.number}"].data for group in self.years}
        return {year: count for year, count in given.items() if count}

    @classmethod
    def of(cls, school: School) -> SchoolSettingsForm:
        filled = {f"year_{year}": count for year, count in school.roll.items()}
        return cls(school.nation, data={"names_itself": school.names_itself, **filled})


for _year in YEARS:
    setattr(
        SchoolSettingsForm,
        f"year_{_year}",
        CountField(
            "",
            [
                Optional(),
                NumberRange(
                    0,
                    LARGEST_YEAR,
                    _l("Write a number from 0 to %(most)s.", most=LARGEST_YEAR),
                ),
            ],
            render_kw={"inputmode": "numeric"},
        ),
    )


class LetterheadForm(EditForm):
    name = StringField(
        _l("Name on printed reports"),
        [Length(max=LONGEST_NAME)],
        description=_l("Leave it empty to print the name of your account."),
    )
    logo = UploadField(
        _l("Logo"),
        most_bytes=letterhead.LARGEST_FILE_BYTES,
        too_large=letterhead.too_large,
        description=_l(
            "PNG or JPEG, up to 2 MB. We keep a small copy, on white, without anything else in the"
            " file."
        ),
        render_kw={"accept": ".png,.jpg,.jpeg,image/png,image/jpeg"},
    )


class StaffNamesForm(EditForm):
    names = TextAreaField(
        _l("Names of people who work at the school"),
        description=_l("One a line, as students know them, like “Ms Okafor”."),
        render_kw={"rows": 12},
    )


class AccountForm(EditForm):
    name = StringField(_l("Your name"), [DataRequired(_l("Write your name.")), Length(max=120)])
    language = RadioField(_l("Language of these pages"), choices=_choices(LANGUAGES))
