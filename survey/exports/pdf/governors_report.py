"""The report on paper, for governors: a page that says it all, then every chapter with its charts
and tables, how to read them and how they were protected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from string import ascii_lowercase

from survey import pdf as typeset
from survey.actions.report_wording import STATES, change_words, is_late, name_of
from survey.actions.tracking import Followed
from survey.disclosure.figures import ReleasedTable
from survey.disclosure.policy import Policy
from survey.exports.pdf import parts, trends
from survey.exports.pdf.parts import Draw, Part
from survey.exports.provenance import Imprint, day
from survey.i18n import gettext as _
from survey.reports.school.chapters import Chapter
from survey.reports.school.place_profiles import PlacePage
from survey.reports.school.question_blocks import tables_of
from survey.reports.school.report_data import Block
from survey.reports.school.report_loader import Book
from survey.reports.school.site_plan_figures import OnPlan
from survey.reports.trends.load_trends import SideBySide
from survey.reports.wording import cards_against_roll as cards_wording
from survey.reports.wording import places as places_wording
from survey.reports.wording import rounded_and_hidden as promise
from survey.reports.wording.consent import consent_sentence
from survey.reports.wording.findings import order_note, times_sentence
from survey.reports.wording.who_answered import asked_sentences

SHEET = "exports/pdf/governors_report"


@dataclass(frozen=True)
class Plans:
    """The plan of the school with the figures of each block that ranks its places, by the block's
    key, and the picture of it."""

    drawn: Mapping[str, OnPlan]
    picture: bytes = b""
    kind: str = ""

    def of(self, block: Block) -> Part | None:
        found = self.drawn.get(block.key) if block.about_places else None
        return None if found is None else parts.plan(found, self.picture, self.kind, block.title)


@dataclass(frozen=True)
class GovernorsReport:
    """All that is printed of a report. `side`: the waves side by side, if there are several."""

    book: Book
    imprint: Imprint
    plans: Plans
    side: SideBySide | None
    followed: tuple[Followed, ...] = ()
    today: date = date.max


def governors_pdf(report: GovernorsReport, draw: Draw) -> bytes:
    """A4, tagged, in the language of the book."""
    return typeset.pdf(
        SHEET,
        language=report.book.reading.language,
        title=title_of(report.imprint),
        given=governors(report, draw),
    )


def title_of(imprint: Imprint) -> str:
    return _(
        "%(school)s: %(title)s, %(month)s",
        school=imprint.school,
        title=imprint.title,
        month=imprint.month,
    )


def summary(book: Book) -> list[Part]:
    """What a reader should know first, in groups of cards."""
    opening = book.opening
    far = opening.elsewhere and book.place(opening.elsewhere.place or "")
    return [
        _group(
            parts.places_title(opening),
            parts.places(opening.places),
            parts.near_places(opening, is_inside=bool(far and far.is_inside)),
        ),
        _group(
            parts.themes_title(opening), parts.themes(opening.themes), order_note(opening.themes)
        ),
        _group(
            _("What to build on, and when"),
            [*parts.strengths(opening.strengths), *parts.times(opening)],
            "",
        ),
    ]


def hash_words() -> str:
    return _(
        "Everything here is from one published report, which never changes. Its report reference:"
    )


def governors(report: GovernorsReport, draw: Draw) -> Part:
    """What the report says, part by part."""
    book, imprint, side = report.book, report.imprint, report.side
    opening, reading = book.opening, book.reading
    notes = Notes()
    return {
        **imprint.printed(),
        "took_part_sentence": promise.participation_sentence(opening.responded[0]),
        "contents_title": _("Contents"),
        "summary_title": _("On one page"),
        "summary": summary(book),
        "since": trends.since(side) if side else None,
        "took_part_title": _("Who took part"),
        "took_part": parts.took_part(opening.responded, draw),
        "cards": [
            *cards_wording.sentences(reading.release.header),
            *filter(None, [promise.extremes_sentence(opening.extremes)]),
        ],
        "consent": consent_sentence(imprint.consent, opening.responded),
        "left_out": _left_out(book),
        "chapters": [
            _chapter(book, chapter, blocks, report.plans, notes)
            for chapter, blocks in book.chapters
        ],
        "places_title": _("Place by place"),
        "places_lead": _("How safe each place feels, for whom, and who stays away."),
        "places": [place_page(one) for one in book.places],
        "actions_title": _("What the school is doing"),
        "actions": [_action(one, report.today) for one in report.followed],
        "over_time_title": _("Over time"),
        "over_time_lead": _("What was said in each survey, and what changed."),
        "over_time": list(trends.over_time(side, draw)) if side else [],
        "still_title": _("No clear change"),
        "still": trends.still(side) if side else [],
        "reading_title": _("How to read the charts and tables"),
        "reading": [
            *parts.reading_words(),
            _("Every answer of every question, for each group, is in the workbook that"
              " can be saved with this report."),
        ],
        "notes_title": _("Notes to the tables"),
        "notes": notes.listed(),
        "protection_title": _("What was rounded or hidden, and why"),
        "protection_lead": _("Small numbers are kept back and all others are rounded, so that no"
                             " student stands out. This is how:"),
        "protection": parts.protection(reading, imprint, opening.protection),
        "hash_words": hash_words(),
    }  # fmt: skip


def _letter(place: int) -> str:
    """a to z, then aa to az, ba and so on."""
    more, last = divmod(place, len(ascii_lowercase))
    return (_letter(more - 1) if more else "") + ascii_lowercase[last]


@dataclass(frozen=True)
class Notes:
    """Why tables are coarser than others, each note once and by a letter, in the order in which
    they come. Next to a table is only its letter."""

    letters: dict[str, str] = field(default_factory=dict)

    def of(self, tables: Iterable[ReleasedTable], policy: Policy) -> list[str]:
        found = []
        for words, count, total, is_of_all in promise.counted_notes(tables, policy):
            letter = self.letters.setdefault(words, _letter(len(self.letters)))
            note = _("Note %(letter)s.", letter=letter)
            found.append(note if is_of_all else promise.in_parts(count, total, note))
        return found

    def listed(self) -> list[Part]:
        return [{"letter": letter, "words": words} for words, letter in self.letters.items()]


def place_page(place: PlacePage) -> Part:
    """One place: its figure, for whom, and who stays away."""
    stands = [parts.standing(place.standing, place.label)] if place.standing else []
    panels = [(place.by_group, places_wording.panel_title(place, place.by_group))]
    if place.away:
        panels.append((place.away, places_wording.panel_title(place, place.away)))
    return {
        "title": place.label,
        "cards": [{**one, "years": []} for one in stands],
        "next_to": [
            *([times_sentence(place.when)] if place.when else []),
            *(places_wording.beside_the_others(place) if place.standing else ()),
        ],
        "panels": [{**parts.panel(panel), "label": title} for panel, title in panels],
    }


def _action(one: Followed, today: date) -> Part:
    """What the school does about a place or theme, in its own words, and what came of it."""
    action = one.action
    return {
        "name": name_of(one),
        "state": str(STATES[action.state]),
        "late": _("Overdue") if is_late(one.action, today) else "",
        "rows": [
            {"head": head, "words": words}
            for head, words in (
                (_("What was found"), action.found),
                (_("What should change"), action.goal),
                (_("Steps"), action.steps_taken),
                (_("Who and by when"),
                 _("%(owner)s, by %(day)s", owner=action.owner, day=day(action.due_on))),
                (_("Since then"), change_words(one) if one.change else ""),
            )
            if words
        ],
    }  # fmt: skip


def _group(title: str, cards: list[Part], note: str) -> Part:
    return {"title": title, "cards": cards, "note": note}


def _left_out(book: Book) -> str:
    groups = book.reading.hidden_groups
    if not groups:
        return ""
    return promise.left_out(groups, book.opening.protection.is_whole_school_only)


def _chapter(
    book: Book, chapter: Chapter, blocks: Iterable[Block], plans: Plans, notes: Notes
) -> Part:
    return {
        "title": str(chapter.title),
        "lead": str(chapter.lead),
        "blocks": [_block(book, block, plans, notes) for block in blocks],
    }


def _too_few(block: Block) -> list[str]:
    if not block.too_few:
        return []
    return [_("Too few said when to show: %(places)s.", places="; ".join(block.too_few))]


def _block(book: Book, block: Block, plans: Plans, notes: Notes) -> Part:
    reading = book.reading
    source = _("Source of the question: %(source)s.", source=block.source) if block.source else ""
    return {
        "title": block.title,
        "before": [*asked_sentences(block), *_too_few(block)],
        "panels": [parts.panel(panel) for panel in block.panels],
        "plan": plans.of(block),
        "heats": [parts.heat(heat) for heat in block.heats if not heat.folded],
        "notes": notes.of(tables_of(reading, block), reading.release.policy),
        "source": source,
    }
