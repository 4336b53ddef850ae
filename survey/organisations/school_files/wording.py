"""The words of what a file would do."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import format_date
from flask_babel.speaklater import LazyString

from survey.i18n import gettext as _
from survey.i18n import lazy_gettext as _l
from survey.i18n import ngettext
from survey.organisations.forms import PHASES
from survey.organisations.models import Nation, Phase
from survey.organisations.school_files.plan import PlannedChange, SchoolFilePlan, WhyLeftOut
from survey.year_groups.values import YearGroup, YearNaming

FIELDS: Mapping[str, LazyString] = {
    "number": _l("Number in the register"),
    "name": _l("Name"),
    "phase": _l("Kind of school"),
    "authority": _l("Authority"),
    "roll": _l("Students on roll"),
    "closed_on": _l("Closed"),
}


def value(change: PlannedChange, which: object, nation: Nation) -> str:
    """A value before or after, as a person reads it."""
    if which is None or which == {}:
        return "–"
    match change.field:
        case "roll":
            assert isinstance(which, dict)
            naming = YearNaming.of_nation(nation.value)
            return ", ".join(
                f"{YearGroup(int(year)).in_nation(naming)}: {count}"
                for year, count in sorted(which.items(), key=lambda one: int(one[0]))
            )
        case "phase":
            return str(PHASES[Phase(str(which))])
        case "closed_on":
            return str(format_date(which))
    return str(which)


def left_out(plan: SchoolFilePlan) -> list[str]:
    """How many rows are left out, and why."""
    words = {
        WhyLeftOut.TOO_YOUNG: lambda n: ngettext(
            "%(num)s row is of a school whose students are younger than ours.",
            "%(num)s rows are of schools whose students are younger than ours.",
            n,
        ),
        WhyLeftOut.CLOSED: lambda n: ngettext(
            "%(num)s row is of a closed school that is not here.",
            "%(num)s rows are of closed schools that are not here.",
            n,
        ),
        WhyLeftOut.NOT_OURS: lambda n: ngettext(
            "%(num)s row is of a university, or of a school outside the nation.",
            "%(num)s rows are of universities, or of schools outside the nation.",
            n,
        ),
        WhyLeftOut.ELSEWHERE: lambda n: ngettext(
            "%(num)s row is of another authority.",
            "%(num)s rows are of other authorities.",
            n,
        ),
    }
    return [words[why](count) for why, count in sorted(plan.left_out.items())]


def place(line: int, column: str) -> str:
    """Where in the file something is."""
    if not column:
        return _("Row %(row)s", row=line)
    return _("Row %(row)s, %(column)s", row=line, column=column)
