"""The editor of a school's plan: a picture, and the areas of its places, by pressing on the picture
or by keys and numbers. No script: every step is a form, and the page carries what is being drawn.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response as FileResponse
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey.campaigns.blueprint import DRAFT, bp
from survey.campaigns.models import Campaign
from survey.campaigns.queries import draft_of, find_adaptable
from survey.campaigns.site_plans import operations as site_plan_operations
from survey.campaigns.site_plans.area_draft import (
    DEEDS,
    WAYS,
    DraftShape,
    Sketch,
    nudge,
    put,
    shaped,
)
from survey.campaigns.site_plans.areas import PlanArea
from survey.campaigns.site_plans.forms import SHOWN_WIDTHS, SketchForm, UploadForm
from survey.campaigns.site_plans.image_clicks import spot_pressed, was_pressed
from survey.campaigns.site_plans.models import SitePlan
from survey.campaigns.site_plans.operations import (
    AreaError,
    area_at,
    areas_of,
    find_plan,
    need_plan,
    places_on_plan,
)
from survey.campaigns.site_plans.upload import LARGEST_FILE_BYTES, PictureError, take_in, too_large
from survey.database import begin, read
from survey.http.submit_once import begin_once, creates_once
from survey.http.unknown_fields import refuse_unknown_fields
from survey.http.uploads import let_through
from survey.images import Picture
from survey.permissions import Permission, current_member, requires

PLAN = f"{DRAFT}/plan"
UPLOAD = "campaigns.upload_plan"

let_through(bp, UPLOAD, field="picture", largest_file_bytes=LARGEST_FILE_BYTES, too_large=too_large)


@bp.get(f"{PLAN}/")
@requires(Permission.PLAN_DRAW)
def draft_plan(school_id: uuid.UUID, campaign_id: uuid.UUID) -> str:
    """The plan with all that is drawn on it, and the way to each step."""
    campaign = find_adaptable(read(), school_id, campaign_id)
    return _plan_page(campaign, UploadForm())


@bp.post(f"{PLAN}/")
@requires(Permission.PLAN_DRAW)
def upload_plan(school_id: uuid.UUID, campaign_id: uuid.UUID) -> str | Response:
    campaign = find_adaptable(read(), school_id, campaign_id)
    form = UploadForm()
    refuse_unknown_fields(form)
    picture = _uploaded(form)
    if picture is None:
        return _plan_page(campaign, form)
    with begin() as db:
        find_adaptable(db, school_id, campaign_id)
        site_plan_operations.take_picture(
            db, school_id=school_id, picture=picture, by=current_member()
        )
    flash(_("The picture is there. Now draw your places on it."))
    return _back(school_id, campaign_id)


def _uploaded(form: UploadForm) -> Picture | None:
    if not form.validate_on_submit():
        return None
    try:
        return take_in(form.picture.content())
    except PictureError as refused:
        form.picture.errors = [refused.message]
        return None


@bp.get(f"{PLAN}/picture")
@requires(Permission.PLAN_DRAW)
def plan_picture(school_id: uuid.UUID, campaign_id: uuid.UUID) -> Response:
    find_adaptable(read(), school_id, campaign_id)
    plan = need_plan(read(), school_id)
    return FileResponse(plan.picture, content_type=plan.kind)


@bp.post(f"{PLAN}/remove")
@requires(Permission.PLAN_DRAW)
def remove_plan(school_id: uuid.UUID, campaign_id: uuid.UUID) -> Response:
    refuse_unknown_fields(FlaskForm())
    with begin() as db:
        find_adaptable(db, school_id, campaign_id)
        site_plan_operations.remove_plan(db, school_id=school_id, by=current_member())
    flash(_("The plan is removed. Reports of earlier surveys keep theirs."))
    return _back(school_id, campaign_id)


@bp.route(f"{PLAN}/area", methods=["GET", "POST"])
@requires(Permission.PLAN_DRAW)
@creates_once
def add_area(school_id: uuid.UUID, campaign_id: uuid.UUID) -> str | Response:
    return _draw(school_id, campaign_id, None)


@bp.route(f"{PLAN}/area/<int:number>", methods=["GET", "POST"])
@requires(Permission.PLAN_DRAW)
def change_area(school_id: uuid.UUID, campaign_id: uuid.UUID, number: int) -> str | Response:
    return _draw(school_id, campaign_id, number)


@bp.post(f"{PLAN}/area/<int:number>/remove")
@requires(Permission.PLAN_DRAW)
def remove_area(school_id: uuid.UUID, campaign_id: uuid.UUID, number: int) -> str:
    """Takes it off at once, and offers it back."""
    refuse_unknown_fields(FlaskForm())
    with begin() as db:
        find_adaptable(db, school_id, campaign_id)
        removed = site_plan_operations.remove_area(
            db, school_id=school_id, number=number, by=current_member()
        )
    campaign = find_adaptable(read(), school_id, campaign_id)
    plan = need_plan(read(), school_id)
    back = SketchForm.showing(plan, _places(campaign), removed, None)
    return _plan_page(campaign, UploadForm(formdata=None), removed=removed, back=back)


def _draw(school_id: uuid.UUID, campaign_id: uuid.UUID, number: int | None) -> str | Response:
    campaign = find_adaptable(read(), school_id, campaign_id)
    plan = need_plan(read(), school_id)
    places = _places(campaign)
    if request.method == "GET":
        area = area_at(plan, number) if number is not None else None
        form = SketchForm.showing(plan, places, area, request.args.get("place"))
        return _draw_page(campaign, plan, form, number)
    form = SketchForm(plan, places)
    sketch = form.sketch()
    if not form.validate_on_submit() or sketch is None:
        return _draw_page(campaign, plan, form, number)
    deed = request.form.get("do", "")
    if deed == "keep" and _keep(form, sketch, school_id, campaign_id, number):
        flash(_("“%(place)s” is on the plan.", place=places[form.place.data]))
        return _back(school_id, campaign_id)
    if deed != "keep":
        form.hold(_next(form, sketch, deed))
    return _draw_page(campaign, plan, form, number)


def _next(form: SketchForm, sketch: Sketch, deed: str) -> Sketch:
    """The sketch after the button that was pressed."""
    if was_pressed(request.form, SHOWN_WIDTHS):
        spot = spot_pressed(
            request.form, width=sketch.width, height=sketch.height, shown=SHOWN_WIDTHS
        )
        if spot is None:
            flash(_("Press a spot inside the picture, or put a corner down by numbers."), "warn")
        return put(sketch, spot) if spot else sketch
    if deed in DEEDS:
        return DEEDS[deed](sketch)
    if deed in WAYS:
        step, (right, down) = form.step.data, WAYS[deed]
        return nudge(sketch, form.which.data, (right * step, down * step))
    if deed in list(DraftShape):
        return shaped(sketch, DraftShape(deed))
    # The button of the numbers, or Enter in one of their fields.
    typed = form.typed()
    if typed is None:
        return sketch
    form.x.data = form.y.data = ""
    return put(sketch, typed)


def _keep(
    form: SketchForm,
    sketch: Sketch,
    school_id: uuid.UUID,
    campaign_id: uuid.UUID,
    number: int | None,
) -> bool:
    try:
        with begin_once() as db:
            find_adaptable(db, school_id, campaign_id)
            site_plan_operations.draw_area(
                db,
                school_id=school_id,
                place=form.place.data,
                corners=sketch.outline,
                instead_of=number,
                by=current_member(),
            )
    except AreaError as refused:
        form.form_errors.append(refused.message)
        return False
    return True


# Their common parts


def _places(campaign: Campaign) -> Mapping[str, str]:
    """The places that may be drawn, by key, in the first language of the survey."""
    questionnaire = draft_of(campaign)
    first = questionnaire.languages[0]
    return {
        place.key: place.label.in_language(first)
        for place in questionnaire.places
        if place.key in places_on_plan(questionnaire)
    }


def _back(school_id: uuid.UUID, campaign_id: uuid.UUID) -> Response:
    return redirect(url_for(".draft_plan", school_id=school_id, campaign_id=campaign_id))


def _plan_page(
    campaign: Campaign,
    form: UploadForm,
    removed: PlanArea | None = None,
    back: SketchForm | None = None,
) -> str:
    plan = find_plan(read(), campaign.school_id)
    places = _places(campaign)
    areas = list(enumerate(areas_of(plan), start=1)) if plan else []
    drawn = {area.place for _number, area in areas}
    return _page(
        "plan",
        campaign,
        form=form,
        plan=plan,
        places=places,
        areas=areas,
        missing=[key for key in places if key not in drawn],
        removed=removed,
        back=back,
    )


def _draw_page(campaign: Campaign, plan: SitePlan, form: SketchForm, number: int | None) -> str:
    others = [
        (other, area) for other, area in enumerate(areas_of(plan), start=1) if other != number
    ]
    return _page(
        "area",
        campaign,
        form=form,
        plan=plan,
        places=_places(campaign),
        areas=others,
        number=number,
        sketch=form.sketch(),
        by_keys=request.form.get("do", "") in {"add", *WAYS}
        and not was_pressed(request.form, SHOWN_WIDTHS),
    )


def _page(name: str, campaign: Campaign, **values: Any) -> str:
    return render_template(
        f"campaigns/site_plans/{name}.html",
        campaign=campaign,
        school=campaign.school,
        shown_widths=SHOWN_WIDTHS,
        **values,
    )
