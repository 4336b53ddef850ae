"""What every page of a report is made with: its frame, its words, and its parts that are kept.

Packages above add to it without being imported here: `lend` gives templates a name, `on_each_page`
gives each page of a school's report what follows from its wave, and `made_ahead` names the parts
that are made with the release.
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
from survey.reports.wording import cards_against_roll as cards_wording
from survey.reports.wording import figures as figures_wording
from survey.reports.wording import places as places_wording
from survey.reports.wording import rounded_and_hidden as suppression_wording
from survey.reports.wording import summary as summary_wording
from survey.reports.wording import who_answered as asked_wording

Give = Callable[[Wave], Mapping[str, object]]

MakeParts = Callable[[Wave, StoredRelease], object]

_lent: dict[str, object] = {}
_givers: list[Give] = []
_ahead: list[MakeParts] = []


class NoChapterError(NotThereError):
    """The report has no chapter, or the comparison no figure, of this name."""


def lend(**names: object) -> None:
    """Lets every template of a report call these."""
    _lent.update(names)


def on_each_page(give: Give) -> Give:
    """Marks a function whose result every page of a school's report is given."""
    _givers.append(give)
    return give


def made_ahead(make: MakeParts) -> MakeParts:
    """Marks a function that makes parts of pages of a report, so that they are made with it."""
    _ahead.append(make)
    return make


def make_parts(wave: Wave, stored: StoredRelease) -> Iterator[object]:
    """Makes all parts of a report that are missing, some at each step."""
    contents_of(wave, stored)
    for make in _ahead:
        yield make(wave, stored)


def words(name: tuple[str, ...], chart_address: Callable[..., str]) -> dict[str, Any]:
    """What every template of a report may call. `name` is of the document and the language;
    `chart_address` says where a chart is to be had as a picture."""

    def drawn(chart: dot_chart.Drawable) -> Markup:
        return Markup(dot_chart.draw(chart, kept_as=name))  # noqa: S704  our own drawing, escaped

    return {
        "w": figures_wording,
        "tell": summary_wording,
        "of_place": places_wording,
        "pictures": share_charts,
        "draw": drawn,
        "chart_address": chart_address,
        "chapter_of": chapter_of,
        "chapter_groups": GROUPS,
        "chosen": None,  # the group whose figures a page shows, where it can be chosen
        "groups_to_choose": (),
        "theme_of": theme_of,
        "promise": suppression_wording,
        "whom": asked_wording,
        "cards": cards_wording,
        "left_open": left_open,
        **_lent,
    }


def _chart_address(wave: Wave) -> Callable[..., str]:
    return partial(url_for, "reports.chart_file", school_id=wave.school_id, wave_id=wave.wave_id)


def place_address(wave: Wave, book: Book) -> Callable[[str, str], str | None]:
    """Where the page of a place is, for a line of an item's chart that is of a place."""

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
    """Where a withdrawn report says that it is, and why."""
    return redirect(url_for("reports.school", school_id=wave.school_id, wave_id=wave.wave_id))


def kept_part(
    wave: Wave,
    stored: StoredRelease,
    part: tuple[str, ...],
    template: str,
    give: Callable[[Book], Mapping[str, object]],
    made_of: object = (),
) -> tuple[Piece, ...]:
    """A part of a page that follows from the release, the language and the wave's plan alone, and
    from what `made_of` names: a thousand cells and their charts, made once and kept. `part` names
    it, and `give` gives its template what it shows, if it has to be made."""
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
    """The figures of these blocks on the plan that the wave was launched with."""
    plan = find_wave_plan(read(), wave.school_id, wave.wave_id)
    return read_on_plan(blocks, book.reading.questionnaire, plan)
