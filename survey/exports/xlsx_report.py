"""A release as a workbook: what it is, who took part, what stands out, and a sheet for each chapter
with every figure of it, a line for each answer and a column for each group.

Words are written as words, never as formulas or links, and numbers as numbers. What is hidden says
so in its cell and why in its note. No row, column or sheet is hidden, no cells are merged, and two
workbooks of one release are the same file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from survey.disclosure.figures import Status
from survey.disclosure.tables import Group
from survey.exports.csv import BOX, File, Labels
from survey.exports.pdf.parts import sources_of
from survey.exports.provenance import Imprint
from survey.exports.xlsx import Cell, SheetColumn, Workbook, WorkbookSheet, key_columns
from survey.i18n import gettext as _
from survey.questionnaires.model import Indicator, Item
from survey.questionnaires.table_key import TableKey
from survey.questionnaires.themes import theme_label
from survey.reports.charts.heat_shades import Shade, shade_of
from survey.reports.school.chapters import grouped
from survey.reports.school.finding import Finding
from survey.reports.school.question_blocks import TONES, indicator_measure, indicator_themes
from survey.reports.school.report_data import EVERYONE, ReportData, Share, Tone, is_asked_of
from survey.reports.school.report_loader import Book
from survey.reports.school.summary import Opening, theme_of
from survey.reports.wording import cards_against_roll as cards_wording
from survey.reports.wording import rounded_and_hidden as promise
from survey.reports.wording.chart_notes import rounded_apart
from survey.reports.wording.consent import consent_sentence
from survey.reports.wording.figures import share_words, why_hidden
from survey.reports.wording.findings import group_sentences, standing_sentence
from survey.reports.wording.labels import group_label

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def release_xlsx(book: Book, imprint: Imprint) -> File:
    """The workbook in the language of the book."""
    reading, opening = book.reading, book.opening
    sheets = [_took_part(opening), _stands_out(opening), *_chapters(reading), _tidy(reading)]
    title = _("%(school)s: %(title)s, %(month)s", school=imprint.school, title=imprint.title,
              month=imprint.month)  # fmt: skip
    made = Workbook(title)
    made.read_me(_("Read me"), title, _read_me(reading, opening, imprint, sheets))
    for sheet in sheets:
        made.add(sheet)
    return File(imprint.file_name(_("figures"), "xlsx"), KIND, made.close())


def _read_me(
    reading: ReportData, opening: Opening, imprint: Imprint, sheets: Sequence[WorkbookSheet]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Headings and the text under each."""
    yield (
        _("What this is"),
        (
            promise.participation_sentence(opening.responded[0]),
            consent_sentence(imprint.consent, opening.responded),
            imprint.days(),
            _("Everything here is from one published report, which never changes. Its report"
                " reference: %(release)s.",
              release=imprint.release_hash),
        ),
    )  # fmt: skip
    yield _("The sheets"), tuple(f"{sheet.name}: {sheet.about}" for sheet in sheets)
    yield (
        _("How to read it"),
        (
            _("Share is the percentage of the students who answered. Students is how many that is."
              " Base is how many answered, which the percentage is of."),
            _("The 95%% interval: what chance and rounding leave open for students like those who"
              " answered. It says nothing of those who did not. Where two intervals overlap, the"
              " difference can be chance."),
            _("A blank cell holds no number: the status next to it says why. All hidden cells look"
              " the same, so that nothing can be read from them."),
            _("Not asked: the group was too young for the question."),
            rounded_apart(),
        ),
    )  # fmt: skip
    if said := cards_wording.sentences(reading.release.header):
        yield _("Cards"), tuple(said)
    certified = (promise.certified_words(opening.protection),) if imprint.is_certified else ()
    yield _("How it was protected"), (*promise.sentences(opening.protection), *certified)
    withheld = opening.protection.withheld
    if withheld:
        yield (
            _("Not shown at all"),
            tuple(f"{label} ({promise.why(why)})" for label, why in withheld),
        )
    sources = sources_of(reading)
    if sources:
        yield _("Sources"), sources


def _took_part(opening: Opening) -> WorkbookSheet:
    has_roll = any(one.roll is not None for one in opening.responded)
    has_cards = any(one.cards is not None for one in opening.responded)
    columns = [SheetColumn(_("Group"), 24), SheetColumn(_("Took part"), 16)]
    columns += [SheetColumn(_("On roll"), 12)] if has_roll else []
    columns += [SheetColumn(_("Cards made"), 12)] if has_cards else []
    lines = []
    for one in opening.responded:
        line = [Cell(group_label(one.group)), _took(one.share)]
        line += [Cell(one.roll)] if has_roll else []
        line += [Cell(one.cards)] if has_cards else []
        lines.append(line)
    return WorkbookSheet(
        _("Who took part"),
        _("How many students answered, by year group, rounded."),
        tuple(columns),
        tuple(lines),
    )


def _took(share: Share) -> Cell:
    if share.is_shown and share.figure.count is not None:
        return Cell(share.figure.count)
    words = promise.too_few(share)
    return Cell(words, note=why_hidden(share), is_hidden=True)


def _stands_out(opening: Opening) -> WorkbookSheet:
    columns = (
        SheetColumn(_("Kind"), 16),
        SheetColumn(_("What"), 44),
        SheetColumn(_("Sentence"), 60),
        SheetColumn(_("For whom"), 60),
        *(SheetColumn(words, 12) for words in (_("Share"), _("Students"), _("Base"))),
        SheetColumn(_("Status"), 20),
        *key_columns(),
    )
    kinds = (
        (_("Place"), opening.places),
        (_("Theme"), opening.themes),
        (_("Strength"), opening.strengths),
        (_("Time"), opening.times),
    )
    lines = tuple(_standing(kind, one) for kind, found in kinds for one in found)
    return WorkbookSheet(
        _("What stands out"),
        _("The places, themes, strengths and times that the report opens with."),
        columns,
        lines,
    )


def _standing(kind: str, one: Finding) -> list[Cell]:
    theme = theme_label(theme_of(one)) if one.measure.tone is Tone.ADVERSE else ""
    what = f"{theme}: {one.label}" if theme and kind == _("Theme") else one.label
    answer = one.measure.key
    return [
        *map(Cell, (kind, what, standing_sentence(one), " ".join(group_sentences(one)))),
        *_figures(one.share, one.measure.tone),
        *map(Cell, (one.table, answer)),
    ]


@dataclass(frozen=True)
class _Line:
    """An answer or a sum of answers of one table, as the chapters claim it."""

    table: str
    answer: str
    themes: tuple[str, ...]
    tone: Tone
    from_year: int


def _chapters(reading: ReportData) -> Iterator[WorkbookSheet]:
    groups = reading.groups() or (EVERYONE,)
    labels = Labels(reading.questionnaire, reading.language)
    columns = _columns(groups)
    for chapter, lines in grouped(_lines(reading)):
        yield WorkbookSheet(
            str(chapter.title),
            str(chapter.lead),
            columns,
            tuple(_row(reading, line, groups, labels) for line in lines),
            frozen=3,
        )


def _lines(reading: ReportData) -> Iterator[_Line]:
    """Every table of the release, its sums before its answers."""
    for table in reading.release.tables:
        of = _asked(reading, table.key)
        if isinstance(of, Indicator):
            measure, themes = indicator_measure(reading, of), indicator_themes(reading, of)
            items = [reading.questionnaire.by_key[key] for key in of.items]
            tone, from_year = measure.tone, max(item.from_year for item in items)
        else:
            themes, tone, from_year = of.themes, Tone.PLAIN, of.from_year
        for box in table.boxes:
            net = _asked(reading, box.key) if TableKey(box.key).is_indicator else None
            if isinstance(net, Indicator):
                its_tone = indicator_measure(reading, net).tone
            else:
                its_tone = TONES.get(box.key, tone)
            yield _Line(table.key, BOX + box.key, themes, its_tone, from_year)
        for answer in table.answers:
            yield _Line(table.key, answer, themes, Tone.PLAIN, from_year)


def _asked(reading: ReportData, key: str) -> Item | Indicator:
    table = TableKey(key)
    for indicator in reading.questionnaire.indicators:
        if table.indicator == indicator.key:
            return indicator
    return reading.questionnaire.by_key[table.item]


def _columns(groups: Sequence[Group]) -> tuple[SheetColumn, ...]:
    named = [group_label(group) for group in groups]
    return (
        SheetColumn(_("Question"), 44),
        SheetColumn(_("Part"), 30),
        SheetColumn(_("Answer"), 34),
        *(SheetColumn(_("Share: %(group)s", group=one), 11) for one in named),
        SheetColumn(_("95%% interval from: %(group)s", group=named[0]), 11),
        SheetColumn(_("95%% interval to: %(group)s", group=named[0]), 11),
        *(
            column
            for one in named
            for column in (
                SheetColumn(_("Students: %(group)s", group=one), 11),
                SheetColumn(_("Base: %(group)s", group=one), 11),
                SheetColumn(_("Status: %(group)s", group=one), 18),
            )
        ),
        *key_columns(),
    )


def _row(reading: ReportData, line: _Line, groups: Sequence[Group], labels: Labels) -> list[Cell]:
    asked, part = labels.parts(line.table)
    found = [_of_group(reading, line, group) for group in groups]
    low, high = _interval(reading, line, EVERYONE)
    return [
        *map(Cell, (asked, part, _answer(reading, line, labels))),
        *(cells[0] for cells in found),
        low,
        high,
        *(cell for cells in found for cell in cells[1:]),
        *map(Cell, (line.table, line.answer)),
    ]


def _answer(reading: ReportData, line: _Line, labels: Labels) -> str:
    """The words of an answer; of a sum with the answers that it sums, so that no two lines of a
    table are called alike."""
    label = labels.answer(line.table, line.answer)
    table = reading.table(line.table)
    box = (
        next((one for one in table.boxes if BOX + one.key == line.answer), None) if table else None
    )
    if box is None:
        return label
    summed = " + ".join(labels.answer(line.table, one) for one in box.answers)
    return _("%(label)s (sum of: %(answers)s)", label=label, answers=summed)


def _of_group(reading: ReportData, line: _Line, group: Group) -> list[Cell]:
    """Share, students, base and status of a group."""
    if not is_asked_of(group, line.from_year):
        return [NOTHING, NOTHING, NOTHING, Cell(_("not asked"))]
    share = reading.share(line.table, line.answer.removeprefix(BOX), group)
    return _figures(share, line.tone)


def _interval(reading: ReportData, line: _Line, group: Group) -> tuple[Cell, Cell]:
    if not is_asked_of(group, line.from_year):
        return NOTHING, NOTHING
    share = reading.share(line.table, line.answer.removeprefix(BOX), group)
    low, high = (
        share.interval if share.interval and share.figure.percent is not None else (None, None)
    )
    return _per_cent(low), _per_cent(high)


def _tidy(reading: ReportData) -> WorkbookSheet:
    """Every figure on a separate line, to filter and to pivot."""
    groups = reading.groups() or (EVERYONE,)
    labels = Labels(reading.questionnaire, reading.language)
    lines = []
    for chapter, held in grouped(_lines(reading)):
        for line in held:
            asked, part = labels.parts(line.table)
            words = (str(chapter.title), asked, part, _answer(reading, line, labels))
            for group in groups:
                share, *others = _of_group(reading, line, group)
                lines.append(
                    [
                        *map(Cell, words),
                        Cell(group_label(group)),
                        replace(share, shade=None, note=""),
                        *_interval(reading, line, group),
                        *others,
                        *map(Cell, (line.table, line.answer)),
                    ]
                )
    widths = (
        (_("Chapter"), 24), (_("Question"), 44), (_("Part"), 30), (_("Answer"), 34),
        (_("Group"), 16), (_("Share"), 11), (_("95%% interval from"), 11),
        (_("95%% interval to"), 11), (_("Students"), 11), (_("Base"), 11), (_("Status"), 20),
        (_("Table"), 18), (_("Answer key"), 18),
    )  # fmt: skip
    return WorkbookSheet(
        _("Every figure"),
        _("One line for each figure of each group: to filter, and for a pivot table."),
        tuple(SheetColumn(*one) for one in widths),
        tuple(lines),
    )


NOTHING = Cell(None)
"""A cell without a number is blank; the status next to it says why."""


def _figures(share: Share, tone: Tone) -> list[Cell]:
    """Share, students, base and status: words in the last alone."""
    figure = share.figure
    if not share.is_shown:
        is_hidden = figure.status is Status.HIDDEN
        blank = Cell(None, is_hidden=is_hidden)
        return [blank, blank, blank, Cell(share_words(share), note=why_hidden(share))]
    if figure.status is Status.SHOWN:
        if figure.percent == 0 and figure.count:
            return [NOTHING, Cell(figure.count), Cell(share.base), Cell(share_words(share))]
        percent = _per_cent(figure.percent, shade_of(share, tone))
        return [percent, Cell(figure.count), Cell(share.base), Cell(_("shown"))]
    said = _("fewer than %(least)s", least=figure.limit)
    if figure.status is Status.ALL_BUT_FEWER:
        said = _("all but %(few)s", few=said)
    return [NOTHING, NOTHING, Cell(share.base), Cell(f"{said} ({share_words(share)})")]


def _per_cent(number: int | None, shade: Shade | None = None) -> Cell:
    """A whole per cent as the number it is; nothing where the release prints none."""
    return NOTHING if number is None else Cell(number, shade=shade, is_share=True)
