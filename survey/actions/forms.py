"""Forms in which leads plan and change an action."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, InputRequired

from survey.actions.models import Action
from survey.actions.operations import LONGEST_LINE, LONGEST_TEXT, ActionWords, Measured
from survey.actions.states import ActionState
from survey.actions.wording import moves_from
from survey.edit_conflicts import EditForm
from survey.languages import STAFF_LANGUAGES, language_name
from survey.personal_names.detector import seem_named
from survey.personal_names.form_checks import staff_complaint
from survey.typed_fields import DateField, Length, StringField, TextAreaField

READ_FOR_NAMES = ("found", "goal", "steps_taken", "other_signs", "we_did")
"""Everything but who owns the place, who may well be named."""


def _text(label: Any, description: Any, *more: Any, rows: int = 3) -> Any:
    return TextAreaField(
        label, [*more, Length(max=LONGEST_TEXT)], description=description, render_kw={"rows": rows}
    )


class ActionForm(EditForm):
    """The words of an action. `checked` is asked for when something in them looks like a name."""

    found = _text(
        _l("What was found"),
        _l("Taken from the report. Write it in your own words, and name no student."),
        DataRequired(_l("Write what was found.")),
    )
    goal = _text(
        _l("Goal"),
        _l("What is to be different in this place or between students, like “No one avoids the"
           " toilets at break”."),
        DataRequired(_l("Write what is to be different.")),
        rows=2,
    )  # fmt: skip
    owner = StringField(
        _l("Who owns it"),
        [DataRequired(_l("Write who owns it.")), Length(max=LONGEST_LINE)],
        description=_l("The adult or team in charge of the place, like “Site manager”."),
    )
    steps_taken = _text(
        _l("What is done"),
        _l("Change the place, the time or the adults there. Name no student."),
        DataRequired(_l("Write what is done.")),
    )
    due_on = DateField(_l("By when"), [InputRequired(_l("Choose a day."))])
    other_signs = _text(
        _l("What else will show a change"),
        _l("For the weeks before the next survey, like “Fewer late slips after break”. You can"
           " leave it empty."),
        rows=2,
    )  # fmt: skip
    for_students = BooleanField(
        _l("Show it to students"),
        description=_l("On the page and poster “You said, we did”, next to what they said."),
    )
    we_did = _text(
        _l("Your words to students"),
        _l("What you do, in one or two short sentences. Name no student and no member of staff."),
        rows=2,
    )
    language = SelectField(_l("Language of these words"))
    checked = BooleanField(_l("I have checked it: no student is named"))

    def __init__(self, known: Iterable[str] = (), staff: Iterable[str] = (), **given: Any) -> None:
        """`known`: names that are no person's, of the school and its places; `staff`: members of
        staff whom the school lists."""
        super().__init__(**given)
        self.language.choices = [SelectChoice(tag, language_name(tag)) for tag in STAFF_LANGUAGES]
        self._known, self._staff = tuple(known), tuple(staff)
        self.seem_named: tuple[str, ...] = ()

    def validate(self, extra_validators: Any = None) -> bool:
        is_whole = bool(super().validate(extra_validators))
        if self.for_students.data and not (self.we_did.data or "").strip():
            self.we_did.errors = [_("Write what students will read.")]
            is_whole = False
        written = (self[name].data or "" for name in READ_FOR_NAMES)
        if complaint := staff_complaint(self.we_did.data or "", self._staff):
            self.we_did.errors = [complaint]
            is_whole = False
        found = (name for words in written for name in seem_named(words, self._known))
        self.seem_named = tuple(dict.fromkeys(found))
        if self.seem_named and not self.checked.data:
            self.checked.errors = [
                _("Is this the name of a student? %(names)s. Take it out, or tick this box.",
                  names=", ".join(self.seem_named))
            ]  # fmt: skip
            is_whole = False
        return is_whole

    def words(self) -> ActionWords:
        if self.due_on.data is None:
            raise ValueError("asked of a form that is not whole")
        return ActionWords(
            found=self.found.data or "",
            goal=self.goal.data or "",
            owner=self.owner.data or "",
            steps_taken=self.steps_taken.data or "",
            due_on=self.due_on.data,
            other_signs=self.other_signs.data or "",
            for_students=bool(self.for_students.data),
            we_did=self.we_did.data or "",
            language=self.language.data,
        )


class MeasuredForm(ActionForm):
    """The same, and the printed figure it is measured by."""

    figure = SelectField(
        _l("Measured by"),
        description=_l(
            "The figure of the report that is to change. The next survey shows it again."
        ),
    )
    group = SelectField(
        _l("Of whom"),
        description=_l("The whole school shows a change sooner than a smaller group does."),
    )

    def offer(self, figures: Iterable[tuple[str, str]], groups: Iterable[tuple[str, str]]) -> None:
        """What can be chosen, each with its words."""
        self.figure.choices = [SelectChoice(value, label) for value, label in figures]
        self.group.choices = [SelectChoice(value, label) for value, label in groups]

    def measured(self) -> Measured:
        table, _blank, answer = self.figure.data.partition(" ")
        return Measured(table, answer, self.group.data)

    @staticmethod
    def figure_of(measured: Measured | Action) -> str:
        """How a figure is named in the form."""
        if isinstance(measured, Measured):
            return f"{measured.table} {measured.answer}"
        return f"{measured.measured_table} {measured.measured_answer}"


class MoveForm(FlaskForm):
    """Which way an action goes, by the button that was pressed."""

    to = SelectField(_l("State"))
    note = StringField(
        _l("A word on it"),
        [Length(max=LONGEST_LINE)],
        description=_l("What changed or why, for the history. Name no student. You can leave it"
                       " empty."),
    )  # fmt: skip

    def __init__(self, state: ActionState, **given: Any) -> None:
        super().__init__(**given)
        self.to.choices = [SelectChoice(to.value, str(words)) for to, words in moves_from(state)]

    def chosen(self) -> ActionState:
        return ActionState(self.to.data)
