"""The poster “You said, we did”, for a corridor or a form room: the page's figures and words on A4,
and where to read them while the page is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import segno

from survey import pdf as typeset
from survey.actions.feedback import wording as t
from survey.actions.feedback.content import Told

SHEET = "actions/feedback/poster"


def told_pdf(told: Sequence[Told], *, school: str, address: str | None, language: str) -> bytes:
    given = poster(told, school=school, address=address)
    return typeset.pdf(SHEET, language=language, title=given["heading"], given=given)


def poster(told: Sequence[Told], *, school: str, address: str | None) -> Mapping[str, Any]:
    """What the poster says, in the language of the page. `address` as it is scanned, with https."""
    return {
        "school": school,
        "school_runs": typeset.runs(school),
        "heading": str(t.TITLE),
        "intro": t.intro(school),
        "you_said": t.you_said(),
        "changed": t.what_changed(),
        "promise": t.promise(told),
        "read_here": t.read_here(),
        "address": (address or "").removeprefix("https://").removeprefix("http://"),
        "picture": _picture(address) if address else "",
        "picture_alt": t.picture_to_scan(),
        "told": [_card(one) for one in told],
    }


def _card(one: Told) -> Mapping[str, str]:
    action = one.followed.action
    return {
        "title": t.name_of(one),
        "who": " · ".join(part for part in (t.who(one.said), t.month(one)) if part),
        "sentence": t.said_sentence(one.said),
        "quote": f"“{t.quote(one.said)}”",
        "doing": t.doing(one),
        "words": action.we_did,
        "words_run": typeset.runs(action.we_did),
        "due": t.due(one),
        "again": t.again_sentence(one),
    }


def _picture(address: str) -> str:
    svg: str = segno.make(address, error="m", micro=False).svg_inline(border=0, omitsize=True)
    return svg
