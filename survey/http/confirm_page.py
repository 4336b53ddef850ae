"""The page that says what will be done before it is done."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template
from flask_wtf import FlaskForm

Trail = Sequence[tuple[str, str]]
"""Words and addresses of the pages above."""


def confirm_page(
    form: FlaskForm,
    *,
    title: str,
    trail: Trail,
    lead: str,
    button: str,
    back: str,
    says: Sequence[str] = (),
    warn: str = "",
    fields: Sequence[str] = (),
    once: bool = False,
) -> str:
    """What `button` will do: `lead` in one sentence, `says` point by point, `warn` what cannot be
    undone. `fields` names the fields of the form to show; with `once` it creates something."""
    return render_template(
        "staff/confirm.html",
        form=form,
        title=title,
        trail=list(trail),
        lead=lead,
        button=button,
        back=back,
        says=says,
        warn=warn,
        fields=fields,
        once=once,
    )
