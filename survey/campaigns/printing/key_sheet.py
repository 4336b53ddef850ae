"""A key on paper: the copy for the school's safe, or the lead's part of it."""

from __future__ import annotations

from datetime import date

import segno
from flask_babel import get_locale
from flask_babel import gettext as _

from survey import pdf as typeset
from survey.campaigns.printing.context import day
from survey.encryption.sealing import to_paper
from survey.languages import ENGLISH


def key_sheet(
    *, school: str, title: str, number: int, closes_on: date | None, secret: bytes, is_part: bool
) -> bytes:
    """One page with the key in groups of letters and as a QR code."""
    heading = _("Part of the key to the answers") if is_part else _("Key to the answers")
    letters = to_paper(secret)
    picture = segno.make(letters.replace(" ", ""), error="q", micro=False)
    use = (
        _("You type these letters when you close the survey. Without them no one can open it.")
        if is_part
        else _("It is needed only if the server loses its own key. Lock it in the school’s safe.")
    )
    return typeset.pdf(
        "campaigns/printing/key_sheet",
        language=str(get_locale() or ENGLISH),
        title=heading,
        given={
            "heading": heading,
            "school": school,
            "school_runs": typeset.runs(school),
            "survey": title,
            "survey_runs": typeset.runs(title),
            "number": _("Survey %(number)s", number=number),
            "closes": _("Last day to answer: %(day)s", day=day(closes_on)),
            "use": use,
            "groups": letters.split(" "),
            "picture": picture.svg_inline(border=0, omitsize=True),
            "picture_says": _("The same letters as a QR code"),
            "rules": [
                _("Do not photograph or scan this paper, and do not keep it as a file."),
                _("Until the close, no one may hold this paper and a copy of the database."),
                _("Destroy this paper after the close. The server destroys its key then, too."),
            ],
            "check": _("The last four letters only check the others."),
        },
    )
