"""Forms of leads, coordinators and analysts: to start, launch and plan surveys, and to make
cards."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from babel import Locale
from flask_babel import format_date, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import (
    UUID,
    DataRequired,
    InputRequired,
    NumberRange,
    Optional,
    ValidationError,
)
from wtforms.widgets import CheckboxInput

from survey.approvals.models import ApprovalKind
from survey.approvals.operations import LONGEST_REASON
from survey.campaigns.access_codes import new_seed
from survey.campaigns.card_allowance import LONGEST_LABEL, MOST_MORE
from survey.campaigns.models import PlannedWave
from survey.campaigns.queries import LONGEST_FIELDWORK
from survey.campaigns.titles import LONGEST_TITLE
from survey.edit_conflicts import EditForm
from survey.languages import language_name
from survey.organisations.models import School
from survey.personal_names.form_checks import names_no_staff
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Audience, Questionnaire
from survey.typed_fields import CountField, DateField, Length, StringField, TextAreaField
from survey.year_groups.values import PRIMARY
from survey.year_groups.wording import current_naming, year_name

LONGEST_LIST = 20_000
"""Characters in a list of schools: those of the largest trust with their names."""

MOST_CARDS = 500
"""Cards of one batch on the page: more than a year group, and a sheet that is drawn in seconds."""

ALL_YEARS = "all"
USUAL_FIELDWORK = timedelta(days=21)


def language_label(tag: str) -> str:
    """A language for staff: by its own name, and by the one it has in the language of the page."""
    own, known = language_name(tag), Locale.parse(tag).get_display_name(get_locale()) or tag
    return own if own == known else f"{own} ({known})"


def offered_templates() -> Mapping[str, Questionnaire]:
    """The templates of a survey of students, by "key version". One that names no places is there
    to replay records, not to ask students where they feel safe; pulses start from `pulses`."""
    return {
        f"{key} {version}": one
        for (key, version), one in load_all().items()
        if one.places and one.audience is Audience.STUDENTS
    }


def checks(label: Any, *validators: Any, **given: Any) -> Any:
    """Several of a list, as boxes to tick."""
    return SelectMultipleField(label, validators, option_widget=CheckboxInput(), **given)


class StartForm(FlaskForm):
    """A title and a template: for a school's survey, or an authority's programme."""

    title = StringField(
        _l("Title"),
        [DataRequired(_l("Write a title.")), Length(max=LONGEST_TITLE)],
        description=_l("Appears on the card and the first page."),
    )
    template = RadioField(_l("Template"), [InputRequired(_l("Choose a template."))])
    number = HiddenField(validators=[UUID(_l("Reload the page and try again."))])
    """Of this page: pressing its button twice starts one survey."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        if not self.number.data:
            self.number.data = str(uuid4())
        self.template.choices = [SelectChoice(key, key) for key in offered_templates()]

    def chosen(self) -> tuple[str, str]:
        """Key and version of the template."""
        key, version = self.template.data.split(" ")
        return key, version


class LaunchForm(FlaskForm):
    seen = HiddenField()
    closes_on = DateField(
        _l("Last day to answer"),
        [InputRequired(_l("Choose a day."))],
        description=_l("At most %(days)s days away.", days=LONGEST_FIELDWORK.days),
    )

    outside = BooleanField(_l("Launch outside these days all the same"))
    split = BooleanField(
        _l("Stronger mode: keep one part of the key on paper"),
        description=_l(
            "You print it now and type it when you close. If it is lost, the answers are lost:"
            " no one can open them without it."
        ),
    )

    @property
    def is_split(self) -> bool:
        return bool(self.split and self.split.data)

    @classmethod
    def proposing(cls, today: date, planned: PlannedWave | None) -> LaunchForm:
        """With the day to close by, if the authority planned one that is near."""
        closes_on = today + USUAL_FIELDWORK
        if planned is not None and today < planned.closes_by < closes_on:
            closes_on = planned.closes_by
        form = cls(data={"closes_on": closes_on})
        if planned is None:
            del form.outside
        return form

    def strays(self, today: date, planned: PlannedWave | None) -> bool:
        """Are the days outside the planned ones, and no one said that this is meant?"""
        if planned is None or self.closes_on.data is None or self.outside.data:
            return False
        if not planned.strays(opens=today, closes=self.closes_on.data):
            return False
        self.outside.errors = [
            _(
                "Your authority plans to open between %(first)s and %(last)s, and to close by"
                " %(end)s. Choose such days, or tick the box.",
                first=format_date(planned.opens_from, "medium"),
                last=format_date(planned.opens_until, "medium"),
                end=format_date(planned.closes_by, "medium"),
            )
        ]
        return True


class ExtendForm(FlaskForm):
    """A later last day to answer."""

    closes_on = DateField(_l("New last day to answer"), [InputRequired(_l("Choose a day."))])


class SetAsideForm(FlaskForm):
    """Why a school is left out of a comparison."""

    reason = StringField(
        _l("Why"),
        [DataRequired(_l("Say why. The school reads it.")), Length(max=LONGEST_REASON)],
        description=_l("The school reads it."),
    )


class AnswerInvitationForm(FlaskForm):
    """A school's answer to an invitation."""

    begins = RadioField(_l("Which survey takes part first?"), default="now")

    def __init__(self, now: str | None, **given: Any) -> None:
        """`now` names the survey that the school holds already; None with a new draft."""
        super().__init__(**given)
        if now is None:
            del self.begins
            return
        self.begins.choices = [
            SelectChoice("now", now),
            SelectChoice("next", _("The next one that we hold")),
        ]


class DeclineInvitationForm(FlaskForm):
    """Why a school does not take part."""

    reason = StringField(
        _l("Why not (optional)"),
        [Length(max=LONGEST_REASON), names_no_staff],
        description=_l("The organisation that invited you reads it."),
    )


class AskSchoolForm(FlaskForm):
    """Which schools an organisation asks whether it may compare them."""

    words = TextAreaField(
        _l("Numbers of the schools in the register, or their exact names"),
        [DataRequired(_l("Write the number or the name.")), Length(max=LONGEST_LIST)],
        description=_l("One in each line. In England the number is the URN."),
        render_kw={"rows": 6},
    )

    @property
    def schools(self) -> list[str]:
        """What is written for each school."""
        lines = (" ".join(line.split()) for line in (self.words.data or "").splitlines())
        return [line for line in lines if line]


def _year_choices(roll: Collection[int]) -> list[SelectChoice]:
    """The year groups of the nation's secondary schools, and Year 6 if it is on roll."""
    younger = [PRIMARY] if PRIMARY in roll else []
    return [
        SelectChoice(str(year), year_name(year)) for year in (*younger, *current_naming().numbers)
    ]


class BatchForm(FlaskForm):
    year = SelectField(_l("Year group"))
    label = StringField(
        _l("For whom"),
        [DataRequired(_l("Write for whom the cards are.")), Length(max=LONGEST_LABEL)],
        description=_l("For your own list, like “9B, Tuesday”. It is not printed."),
    )
    count = CountField(
        _l("How many cards"),
        [
            InputRequired(_l("Write a whole number, like 30.")),
            NumberRange(1, MOST_CARDS, _l("Make between 1 and %(most)s cards.", most=MOST_CARDS)),
        ],
        description=_l("A few more than people, for cards that get lost."),
        render_kw={"inputmode": "numeric"},
    )
    number = HiddenField(validators=[Length(max=64)])
    """The random word of this page: pressing its button twice makes one batch."""

    def __init__(self, *, of_pulse: bool, roll: Collection[int] = (), **given: Any) -> None:
        super().__init__(**given)
        if not self.number.data:
            self.number.data = new_seed()
        if of_pulse:
            del self.year
            return
        self.year.choices = [
            *_year_choices(roll),
            SelectChoice(ALL_YEARS, _("All years: the survey asks for it")),
        ]

    def chosen_year(self) -> int | None:
        return None if self.year is None or self.year.data == ALL_YEARS else int(self.year.data)


class MoreForm(FlaskForm):
    """What is asked of a second person: more cards, or more students on the roll."""

    kind = RadioField(_l("What do you need?"), [InputRequired(_l("Choose what you need."))])
    year = SelectField(_l("Year group"))
    count = CountField(
        _l("How many more"),
        [
            InputRequired(_l("Write a whole number, like 30.")),
            NumberRange(1, MOST_MORE, _l("Ask for between 1 and %(most)s.", most=MOST_MORE)),
        ],
        render_kw={"inputmode": "numeric"},
    )
    reason = StringField(
        _l("Why"),
        [DataRequired(_l("Say why.")), Length(max=LONGEST_REASON), names_no_staff],
        description=_l("The report prints it. Name no one."),
    )

    def __init__(self, *, is_open: bool, roll: Collection[int] = (), **given: Any) -> None:
        super().__init__(**given)
        cards = SelectChoice(ApprovalKind.CARDS, _("More cards than the roll allows"))
        students = SelectChoice(ApprovalKind.ROLL, _("More students on the roll than it says"))
        self.kind.choices = [cards, students] if is_open else [students]
        self.year.choices = [
            *_year_choices(roll),
            *([SelectChoice(ALL_YEARS, _("Any year (cards only)"))] if is_open else []),
        ]

    def chosen_kind(self) -> ApprovalKind:
        return ApprovalKind(self.kind.data)

    def chosen_year(self) -> int | None:
        return None if self.year.data == ALL_YEARS else int(self.year.data)


class InviteSchoolsForm(FlaskForm):
    """Some schools of an organisation, or all that are not invited yet. `knowing` is asked for
    where they could not be compared."""

    everyone = BooleanField(_l("All of them"))
    schools = checks(_l("Schools"))
    knowing = BooleanField(_l("Invite them all the same"))

    def __init__(self, schools: Iterable[School], **given: Any) -> None:
        super().__init__(**given)
        schools = list(schools)
        self.by_id = {str(one.school_id): one for one in schools}
        self.schools.choices = [SelectChoice(str(one.school_id), one.name) for one in schools]
        self.everyone.label.text = _("All %(number)s schools", number=len(self.schools.choices))

    def validate_schools(self, field: Any) -> None:
        if not field.data and not self.everyone.data:
            raise ValidationError(_("Choose at least one school."))

    def chosen(self) -> list[str]:
        if self.everyone.data:
            return [choice.value for choice in self.schools.choices]
        return list(self.schools.data or [])


class DatesForm(EditForm):
    """When an authority would like a wave to be held."""

    opens_from = DateField(_l("First day to open"), [InputRequired(_l("Choose a day."))])
    opens_until = DateField(_l("Last day to open"), [InputRequired(_l("Choose a day."))])
    closes_by = DateField(_l("Close by"), [InputRequired(_l("Choose a day."))])
    reports_by = DateField(_l("Reports by (optional)"), [Optional()])

    def validate_opens_until(self, field: DateField) -> None:
        if self.opens_from.data and field.data and field.data < self.opens_from.data:
            raise ValidationError(_("The last opening date must be after the first."))

    def validate_closes_by(self, field: DateField) -> None:
        if self.opens_until.data and field.data and field.data <= self.opens_until.data:
            raise ValidationError(_("The day to close by must be after the last opening date."))

    def validate_reports_by(self, field: DateField) -> None:
        if self.closes_by.data and field.data and field.data < self.closes_by.data:
            raise ValidationError(_("The last day for reports is the day to close by, or later."))
