"""Words for hints, marks and those to whom a worry is passed on."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.free_text.decisions import Mark, PassedTo
from survey.free_text.name_hints import Hint

HINTS: Mapping[Hint, LazyString] = {
    Hint.EMAIL: _l("looks like an e-mail address"),
    Hint.LINK: _l("looks like a web address"),
    Hint.PHONE: _l("looks like a phone number"),
    Hint.HANDLE: _l("looks like a name on another platform"),
    Hint.POSTCODE: _l("looks like a postcode"),
    Hint.LISTED: _l("looks like a name on your list"),
    Hint.NAME: _l("looks like a name"),
    Hint.FORM: _l("looks like a form or class"),
}

MARKS: Mapping[Mark, LazyString] = {
    Mark.UNREAD: _l("Not read yet"),
    Mark.READ: _l("Read, not decided"),
    Mark.FIT: _l("Fit to be shown"),
    Mark.LEFT_OUT: _l("Left out"),
    Mark.WORRY: _l("A worry, passed on"),
}

PASSED_TO: Mapping[PassedTo, LazyString] = {
    PassedTo.SAFEGUARDING: _l("Our safeguarding team"),
    PassedTo.HEAD: _l("Head teacher"),
    PassedTo.SITE: _l("Who looks after the place"),
    PassedTo.SOCIAL_CARE: _l("Children’s social care"),
    PassedTo.POLICE: _l("Police"),
    PassedTo.OTHER: _l("Somebody else, named in our record"),
}
