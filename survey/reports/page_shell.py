"""The frame of every report page: its context, its wording, and its cached parts.

Packages above add to it without being imported here: `lend` adds a name to templates,
`on_each_page` adds context to each page of a school's report, and `made_ahead` registers parts that
are made with the release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from flask import redirect, render_template, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from survey.campaigns.models import Wave
from survey.campaigns.site_plans.operations import find_wave_plan
from survey.database import read
from survey.errors import NotThereError
from survey.releases.models import StoredRelease
from survey.reports.cached_page_parts import Piece, kept, left_open, pieces
from survey.reports.charts import dot_chart, share_charts
from survey.reports.school.chapters import GROUPS, chapter_of
from survey.reports.school.report_data import Block
from survey.reports.school.report_loader import Book, book_of, kept_as
from survey.reports.school.site_plan_figures import OnPlan, read_on_plan
from survey.reports.school.summary import theme_of
from survey.reports.table_of_contents import contents_of
from survey.reports.wording import cards_against_roll as card_wording
from survey.reports.wording import chart_notes
from survey.reports.wording import figures as figure_wording
from survey.reports.wording import findings as finding_wording
from survey.reports.wording import labels as label_wording
from survey.reports.wording import places as place_wording
from survey.reports.wording import rounded_and_hidden as protection_wording
from survey.reports.wording import who_answered as respondent_wording

Give = Callable[[Wave], Mapping[str, object]]

MakeParts = Callable[[Wave, StoredRelease], object]

_lent: dict[str, object] = {}
_givers: list[Give] = []
_ahead: list[MakeParts] = []


class NoChapterError(NotThereError):
    """The report has no such chapter, or the comparison no such figure."""


def lend(**names: object) -> None:
    """Adds these names to every template of a report."""
    _lent.update(names)


def on_each_page(give: Give) -> Give:
    """Registers a function whose result is added to the context of every page of a school's
    report."""
    _givers.append(give)
    return give


def made_ahead(make: MakeParts) -> MakeParts:
    """Registers a function that makes cached parts of pages, so that they are made with the
    report."""
    _ahead.append(make)
    return make


def make_parts(wave: Wave, stored: StoredRelease) -> Iterator[object]:
    """Makes the missing parts of a report, a few at each step."""
    contents_of(wave, stored)
    for make in _ahead:
        yield make(wave, stored)


def words(name: tuple[str, ...], chart_address: Callable[..., str]) -> dict[str, Any]:
    """The names that every template of a report has. `name` identifies the document and the
    language; `chart_address` returns the address of a chart as an image."""

    def drawn(chart: dot_chart.Drawable) -> Markup:
        return Markup(dot_chart.draw(chart, kept_as=name))  # noqa: S704  our own drawing, escaped

    return {
        "figure_wording": figure_wording,
        "label_wording": label_wording,
        "finding_wording": finding_wording,
        "chart_notes": chart_notes,
        "place_wording": place_wording,
        "share_charts": share_charts,
        "draw": drawn,
        "chart_address": chart_address,
        "chapter_of": chapter_of,
        "chapter_groups": GROUPS,
        "chosen": None,  # the group whose figures a page shows, where it can be chosen
        "groups_to_choose": (),
        "theme_of": theme_of,
        "protection_wording": protection_wording,
        "respondent_wording": respondent_wording,
        "card_wording": card_wording,
        "left_open": left_open,
        **_lent,
    }


def _chart_address(wave: Wave) -> Callable[..., str]:
    return partial(url_for, "reports.chart_file", school_id=wave.school_id, wave_id=wave.wave_id)


def place_address(wave: Wave, book: Book) -> Callable[[str, str], str | None]:
    """Returns a function for the address of a place's page, for lines of charts about places."""

    def address(item_key: str, key: str) -> str | None:
        item = book.reading.questionnaire.by_key.get(item_key)
        if item is None or item.places is None or key not in book.place_keys:
            return None
        return url_for("reports.place", school_id=wave.school_id, wave_id=wave.wave_id, place=key)

    return address


def school_page(wave: Wave, stored: StoredRelease, template: str, **more: object) -> str:
    """A page of a school's report. `contents` is None once it is withdrawn."""
    return render_template(
        template,
        wave=wave,
        school=wave.campaign.school,
        stored=stored,
        contents=None if stored.withdrawn_on is not None else contents_of(wave, stored),
        **{
            **words(kept_as(wave, stored), _chart_address(wave)),
            **{name: value for give in _givers for name, value in give(wave).items()},
            **more,
        },
    )


def to_notice(wave: Wave) -> Response:
    """Redirects to the notice of a withdrawn report."""
    return redirect(url_for("reports.school", school_id=wave.school_id, wave_id=wave.wave_id))


def kept_part(
    wave: Wave,
    stored: StoredRelease,
    part: tuple[str, ...],
    template: str,
    give: Callable[[Book], Mapping[str, object]],
    made_of: object = (),
) -> tuple[Piece, ...]:
    """A cached part of a page. It depends only on the release, the language, the wave's plan and
    `made_of`. `part` is its name; `give` returns the context of its template, if it has to be
    made."""
    name = kept_as(wave, stored)

    def make() -> str:
        book = book_of(wave, stored)
        return render_template(
            template,
            wave=wave,
            stored=stored,
            plan_address=url_for(
                "reports.plan_picture", school_id=wave.school_id, wave_id=wave.wave_id
            ),
            place_address=place_address(wave, book),
            policy=book.reading.release.policy,
            **{**words(name, _chart_address(wave)), **give(book)},
        )

    at = (str(wave.wave_id), name[2], *part)
    return pieces(kept(stored.release_hash, at, (name, made_of), make))


def plan_of(wave: Wave, book: Book, blocks: Sequence[Block]) -> dict[str, OnPlan]:
    """The figures of these blocks on the plan as it was at launch."""
    plan = find_wave_plan(read(), wave.school_id, wave.wave_id)
    return read_on_plan(blocks, book.reading.questionnaire, plan)
