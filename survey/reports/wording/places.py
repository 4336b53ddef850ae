"""What a report says of one place, in the words a head teacher would use."""

from __future__ import annotations

from collections.abc import Iterable

from survey.i18n import gettext as _
from survey.reports.school.place_profiles import PlacePage
from survey.reports.school.report_data import Panel, PanelKind
from survey.reports.wording.labels import measure_label


def panel_title(place: PlacePage, panel: Panel) -> str:
    """What a chart of a place shows, also where it stands by itself."""
    if panel.kind is PanelKind.ORDERED:
        return _("%(place)s: every answer", place=place.label)
    measure = measure_label(panel.measures[0])
    return _("%(place)s: %(measure)s", place=place.label, measure=measure)


def beside_the_others(place: PlacePage) -> tuple[str, ...]:
    """How it compares with the other places that were asked about with it."""
    others = (*place.clearly_above, *place.clearly_below, *place.close_to)
    if len(others) > 1 and others == place.clearly_above:
        return (_("It feels clearly less safe than every other place in this chapter."),)
    if len(others) > 1 and others == place.clearly_below:
        return (_("It feels clearly safer than every other place in this chapter."),)
    said = []
    if place.clearly_above:
        said.append(
            _("It feels clearly less safe than: %(places)s.", places=_places(place.clearly_above))
        )
    if place.clearly_below:
        said.append(
            _("It feels clearly safer than: %(places)s.", places=_places(place.clearly_below))
        )
    if place.close_to:
        said.append(_("Too close to it to tell apart: %(places)s.", places=_places(place.close_to)))
    return tuple(said)


def _places(labels: Iterable[str]) -> str:
    """Names of places often contain "and" or a comma."""
    return "; ".join(labels)
