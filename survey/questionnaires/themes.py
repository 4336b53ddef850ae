"""The names that staff read for the themes of questions, the same in the editor and in reports."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

THEMES: Mapping[str, LazyString] = {
    "PLACE": _l("Places"),
    "TIME": _l("Times of the day"),
    "JOURNEY": _l("The journey"),
    "COMMUNITY": _l("Around the school"),
    "ONLINE": _l("Online"),
    "BULLY": _l("Bullying"),
    "VIOL": _l("Violence"),
    "SEXHARM": _l("Unwanted sexual behaviour"),
    "REL": _l("Relationships"),
    "EXPLOIT": _l("Exploitation"),
    "WEAPON": _l("Weapons"),
    "DISCRIM": _l("Discrimination"),
    "HELP": _l("Help and trust"),
    "BYST": _l("Looking out for each other"),
    "CULTURE": _l("What school does"),
    "WELLB": _l("Wellbeing"),
}
"""Without the theme of the questions about the student, which make groups and no figures."""


def theme_label(theme: str) -> str:
    return str(THEMES.get(theme, theme))
