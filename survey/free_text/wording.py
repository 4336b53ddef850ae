"""Words for hints, marks and those to whom a worry is passed on."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.free_text.decisions import PassedTo, TextDecision
from survey.free_text.name_hints import NameHint

HINTS: Mapping[NameHint, LazyString] = {
    NameHint.EMAIL: _l("looks like an e-mail address"),
    NameHint.LINK: _l("looks like a web address"),
    NameHint.PHONE: _l("looks like a phone number"),
    NameHint.HANDLE: _l("looks like a name on another platform"),
    NameHint.POSTCODE: _l("looks like a postcode"),
    NameHint.LISTED: _l("looks like a name on your list"),
    NameHint.NAME: _l("looks like a name"),
    NameHint.FORM: _l("looks like a form or class"),
}

MARKS: Mapping[TextDecision, LazyString] = {
    TextDecision.UNREAD: _l("Not read yet"),
    TextDecision.READ: _l("Read, not decided"),
    TextDecision.FIT: _l("Fit to be shown"),
    TextDecision.LEFT_OUT: _l("Left out"),
    TextDecision.WORRY: _l("A worry, passed on"),
}

PASSED_TO: Mapping[PassedTo, LazyString] = {
    PassedTo.SAFEGUARDING: _l("Our safeguarding team"),
    PassedTo.HEAD: _l("Head teacher"),
    PassedTo.SITE: _l("Who looks after the place"),
    PassedTo.SOCIAL_CARE: _l("Children’s social care"),
    PassedTo.POLICE: _l("Police"),
    PassedTo.OTHER: _l("Somebody else, named in our record"),
}
