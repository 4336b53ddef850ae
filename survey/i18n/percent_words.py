"""A published share in a few words, the same in reports, comparisons and on students' pages."""

from __future__ import annotations

from survey.i18n import gettext as _


def percent(number: int) -> str:
    return _("%(number)s%%", number=number)


def share_words(
    shown: int | None, *, under: int | None = None, at_least: int | None = None
) -> str | None:
    """As "40%", "under 10%" or "90% or more"; None if nothing of these is published."""
    if under is not None:
        return _("under %(share)s", share=percent(under))
    if at_least is not None:
        return _("%(share)s or more", share=percent(at_least))
    return None if shown is None else percent(shown)
