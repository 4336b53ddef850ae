"""gettext with types: the one translation function of Python code."""

from __future__ import annotations

from typing import Any

import flask_babel
from flask_babel.speaklater import LazyString


def gettext(message: str, **values: Any) -> str:
    """The message in the language of the request, its placeholders filled in. `%%` is a per cent
    sign, whether or not there are values."""
    said = str(flask_babel.gettext(message))
    return said % values if values or "%%" in said else said


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """The message in the form that `num` takes; `%(num)s` is filled in as well."""
    return str(flask_babel.ngettext(one, many, num, **values))


def lazy_gettext(message: str, **values: Any) -> LazyString:
    """A message that is translated when it is shown."""
    return flask_babel.lazy_gettext(message, **values)
