"""Forms in which a lead uploads a plan and draws on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired
from wtforms import HiddenField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from survey.campaigns.site_plans.area_draft import (
    LAST,
    WHOLE,
    DraftShape,
    Sketch,
    read_corners,
    write_corners,
)
from survey.campaigns.site_plans.areas import Corner, PlanArea
from survey.campaigns.site_plans.models import SitePlan
from survey.campaigns.site_plans.upload import LARGEST_FILE_BYTES, too_large
from survey.typed_fields import StringField, UploadField

SHOWN_WIDTHS = (288, 640)
"""Pixels that the picture is shown wide, on a phone and on a desk."""

STEPS = (1, 5, 20, 80)


class UploadForm(FlaskForm):
    picture = UploadField(
        _l("Picture of the plan"),
        [FileRequired(_l("Choose a file first."))],
        most_bytes=LARGEST_FILE_BYTES,
        too_large=too_large,
        description=_l(
            "PNG or JPEG, up to 4 MB, or SVG, up to 1 MB. We keep a small copy without anything"
            " else in the file, like where a photo was taken."
        ),
        render_kw={"accept": ".png,.jpg,.jpeg,.svg,image/png,image/jpeg,image/svg+xml"},
    )


class SketchForm(FlaskForm):
    """One area while it is drawn. Every button sends the whole form, so nothing typed is lost."""

    place = SelectField(_l("Which place is it?"))
    shape = HiddenField(default=DraftShape.RECTANGLE.value)
    corners = HiddenField()
    x = StringField(_l("From the left"), render_kw={"inputmode": "numeric"})
    y = StringField(_l("From the top"), render_kw={"inputmode": "numeric"})
    which = SelectField(_l("What to move"), default=LAST, validate_choice=False)
    step = SelectField(_l("How far"), default="20", coerce=int)

    def __init__(self, plan: SitePlan, places: Mapping[str, str], **given: Any) -> None:
        super().__init__(**given)
        self.width, self.height = plan.width, plan.height
        self.place.choices = [SelectChoice(key, label) for key, label in places.items()]
        self.step.choices = [
            SelectChoice(step, _("%(step)s pixels", step=step) if step > 1 else _("1 pixel"))
            for step in STEPS
        ]
        self.name_corners()

    @classmethod
    def showing(
        cls, plan: SitePlan, places: Mapping[str, str], area: PlanArea | None, place: str | None
    ) -> SketchForm:
        """The form as it is first shown: of an area that is there, or of none yet."""
        if area is not None:
            given = {
                "place": area.place,
                "shape": DraftShape.FREE.value,
                "corners": write_corners(area.corners),
            }
        else:
            given = {"place": place or "", "shape": DraftShape.RECTANGLE.value, "corners": ""}
        return cls(plan, places, formdata=None, data=given)

    def sketch(self) -> Sketch | None:
        """The drawing so far; None for corners that none of our pages sent."""
        corners = read_corners(self.corners.data or "")
        if corners is None or self.shape.data not in list(DraftShape):
            return None
        sketch = Sketch(DraftShape(self.shape.data), corners, self.width, self.height)
        return sketch if all(sketch.within(one) == one for one in corners) else None

    def hold(self, sketch: Sketch) -> None:
        """Carries the sketch on to the next page."""
        self.corners.data = write_corners(sketch.corners)
        self.shape.data = sketch.shape.value
        self.name_corners()

    def name_corners(self) -> None:
        corners = read_corners(self.corners.data or "") or ()
        self.which.choices = [
            SelectChoice(LAST, _("The last corner")),
            *(
                SelectChoice(
                    str(number), _("Corner %(number)s (%(x)s, %(y)s)", number=number, x=x, y=y)
                )
                for number, (x, y) in enumerate(corners, start=1)
            ),
            SelectChoice(WHOLE, _("The whole area")),
        ]
        if self.which.data not in [LAST, WHOLE, *map(str, range(1, len(corners) + 1))]:
            self.which.data = LAST

    def typed(self) -> Corner | None:
        """The corner typed in numbers. Leaves a complaint next to what is none."""
        found: list[int] = []
        for field, most in ((self.x, self.width), (self.y, self.height)):
            text = (field.data or "").strip()
            if text.isdecimal() and len(text) < 6 and int(text) <= most:
                found.append(int(text))
            else:
                field.errors = [_("Write a whole number from 0 to %(most)s.", most=most)]
        return (found[0], found[1]) if len(found) == 2 else None
