"""Notes on charts and tables: what one shows, and a description for readers who do not see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from survey.disclosure.tables import Group
from survey.i18n import gettext as _
from survey.i18n import ngettext
from survey.questionnaires.gender_question.wording import sex_or_gender
from survey.reports.school.report_data import (
    EVERYONE,
    Heat,
    Line,
    Measure,
    Panel,
    PanelKind,
    Share,
    years_of,
)
from survey.reports.school.rounding_consistency import disagrees
from survey.reports.wording.figures import (
    about,
    exactly,
    exactly_after,
    interval_words,
    share_words,
    why_hidden,
)
from survey.reports.wording.findings import peak_sentence
from survey.reports.wording.labels import (
    in_a_sentence,
    in_small,
    line_label,
    list_of,
    measure_label,
)


def takeaway(panel: Panel) -> str:
    """One or two sentences on a chart: what it shows, as far as its intervals allow."""
    shown = [line for line in panel.shown if not line.stands_apart]
    if not shown:
        return _("Nothing to show here: too few answered.")
    return _TAKEAWAYS[panel.kind](shown, panel)


def _ranked(shown: Sequence[Line], _panel: Panel) -> str:
    first, others = shown[0], shown[1:]
    label, exact = _named(first), exactly(first.first)
    said = [_("First: %(label)s, with %(exact)s.", label=label, exact=exact)]
    near = [line for line in others if not first.first.is_clearly_above(line.first)]
    if others and not near:
        said.append(_("This is clearly higher than all others."))
    elif near:
        labels = [_named(line) for line in near[:MOST_NAMED]]
        rest = len(near) - len(labels)
        if rest:
            labels.append(str(ngettext("%(num)s other", "%(num)s others", rest)))
        said.append(_("Too close to it to tell apart: %(labels)s.", labels=list_of(labels)))
    return " ".join(said)


def _ordered(shown: Sequence[Line], _panel: Panel) -> str:
    most = max(shown, key=lambda line: line.first.rank)
    label, exact = _named(most), exactly(most.first)
    return _("The most frequent answer is “%(label)s”, with %(exact)s.", label=label, exact=exact)


def _groups(shown: Sequence[Line], panel: Panel) -> str:
    said = [
        _(
            "Whole school: %(about)s (%(exact)s).",
            about=in_small(about(line.first)),
            exact=exactly_after(line.first),
        )
        for line in shown
        if line.of == EVERYONE
    ]
    said += [peak_sentence(one) for one in panel.peaks]
    if not panel.peaks and len(shown) > 2:
        said.append(
            sex_or_gender(
                _("No year group or gender is clearly different from the rest of the school."),
                _("No year group or sex is clearly different from the rest of the school."),
            )
        )
    if any(
        _is_rounded_apart([line.of for line in shown], [line.shares[at] for line in shown])
        for at in range(panel.drawn)
    ):
        said.append(rounded_apart())
    return " ".join(said)


def heat_note(heat: Heat) -> str:
    """That a whole and its parts are rounded apart, where a reader would wonder."""
    if any(_is_rounded_apart(heat.groups, line.shares) for line in heat.lines):
        return rounded_apart()
    return ""


def rounded_apart() -> str:
    return _(
        "Each figure is rounded by itself, so the whole school can lie outside its groups here. The"
        " true figures agree."
    )


def _is_rounded_apart(groups: Sequence[Measure | Group], shares: Sequence[Share]) -> bool:
    pairs = [(of, share) for of, share in zip(groups, shares, strict=True) if share.is_asked]
    whole = next((share for of, share in pairs if of == EVERYONE), None)
    years = [share for of, share in pairs if isinstance(of, Group) and years_of(of)]
    others = [share for of, share in pairs if isinstance(of, Group) and of.gender]
    return whole is not None and disagrees(whole, years, others)


def _named(line: Line) -> str:
    return in_a_sentence(line.of)


MOST_NAMED = 3


"""How many neighbours a sentence names before it counts the rest."""


_TAKEAWAYS: Mapping[PanelKind, Callable[[Sequence[Line], Panel], str]] = {
    PanelKind.RANKED: _ranked,
    PanelKind.ORDERED: _ordered,
    PanelKind.GROUPS: _groups,
}


def description(panel: Panel) -> str:
    """What the chart shows, line by line, for readers who do not see it."""
    drawn = panel.measures[: panel.drawn]
    lines = []
    for line in panel.lines:
        said = [
            f"{measure_label(measure)} {_told(share)}" if len(drawn) > 1 else _told(share)
            for measure, share in zip(drawn, line.shares, strict=False)
        ]
        lines.append(f"{line_label(line)}: {', '.join(said)}")
    return ". ".join(lines) + "."


def _told(share: Share) -> str:
    words = share_words(share) if share.is_shown else why_hidden(share)
    interval = interval_words(share)
    return f"{words} ({interval})" if interval else words
