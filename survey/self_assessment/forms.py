"""One area of a self-assessment, as a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_wtf import FlaskForm
from wtforms import Field, RadioField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import Optional

from survey.edit_conflicts import EditForm
from survey.self_assessment.models import Assessment, Light
from survey.self_assessment.operations import LONGEST_EVIDENCE, LONGEST_OWNER, StatementAnswer
from survey.self_assessment.statements import AssessmentArea
from survey.typed_fields import DateField, Length, StringField, TextAreaField

LIGHTS: Mapping[Light, LazyString] = {
    Light.RED: _l("Red: not in place"),
    Light.AMBER: _l("Amber: partly in place"),
    Light.GREEN: _l("Green: in place"),
}
UNRATED = ""


def area_form(area: AssessmentArea, said: Mapping[str, StatementAnswer]) -> FlaskForm:
    """Four fields for each statement, filled with what is stored unless something was sent."""
    fields: dict[str, Field] = {}
    data: dict[str, Any] = {}
    for one in area.statements:
        fields |= {
            f"light-{one.key}": RadioField(
                _("How far is it true?"),
                choices=[
                    *(SelectChoice(str(light), LIGHTS[light]) for light in Light),
                    SelectChoice(UNRATED, _("Not decided yet")),
                ],
            ),
            f"evidence-{one.key}": TextAreaField(
                _("What shows it"),
                [Length(max=LONGEST_EVIDENCE)],
                description=_("Name no student here."),
            ),
            f"owner-{one.key}": StringField(
                _("Who owns the next step"), [Length(max=LONGEST_OWNER)]
            ),
            f"due-{one.key}": DateField(_("By when"), [Optional()]),
        }
        known = said[one.key]
        data |= {
            f"light-{one.key}": str(known.light or UNRATED),
            f"evidence-{one.key}": known.evidence,
            f"owner-{one.key}": known.owner,
            f"due-{one.key}": known.due,
        }
    form: FlaskForm = type("AreaForm", (EditForm,), fields)(data=data)
    return form


def read_area(form: FlaskForm, area: AssessmentArea) -> Mapping[str, StatementAnswer]:
    """What was written about each statement of an area."""
    return {
        one.key: StatementAnswer(
            light=Light(form[f"light-{one.key}"].data) if form[f"light-{one.key}"].data else None,
            evidence=(form[f"evidence-{one.key}"].data or "").strip(),
            owner=" ".join((form[f"owner-{one.key}"].data or "").split()),
            due=form[f"due-{one.key}"].data,
        )
        for one in area.statements
    }


class CompareForm(FlaskForm):
    """Two finished self-assessments, by their days. It changes nothing, so it is sent openly."""

    class Meta:
        csrf = False

    before = SelectField(_l("Earlier"))
    after = SelectField(_l("Later"))

    def __init__(self, finished: list[Assessment], day: Any, **given: Any) -> None:
        super().__init__(**given)
        choices = [SelectChoice(str(one.assessment_id), day(one.finished_on)) for one in finished]
        self.before.choices = self.after.choices = choices
