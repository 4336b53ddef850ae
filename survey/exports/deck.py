"""The opening of a report as slides that can be edited: words as text, charts as pictures with what
they show in words.

The same content as the printed slides, then the charts of places, then what governors decide. The
same report gives the same file: it holds no time and no author.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_AUTO_SIZE, PP_ALIGN
from pptx.util import Emu, Mm, Pt

from survey.exports.images import SCALE, Framed, standalone
from survey.exports.pdf import slides
from survey.exports.pdf.brief import decisions
from survey.exports.pdf.governors_report import GovernorsReport, title_of
from survey.exports.pdf.parts import Draw, Part
from survey.i18n import gettext as _
from survey.pdf import NO_DAY
from survey.rendering.renderer import renderer
from survey.reports.charts import share_charts
from survey.reports.charts.dot_chart import COLOURS, INK, SOFT
from survey.reports.school.report_data import Tone
from survey.reports.wording import rounded_and_hidden as promise
from survey.reports.wording.chart_notes import takeaway
from survey.reports.wording.labels import measure_label

KIND = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
WIDE, HIGH, EDGE = Mm(338.67), Mm(190.5), Mm(16)
TITLE_SLIDE, TITLE_ONLY = 0, 5
FOOT, GAP = Mm(8), Mm(8)
HALF = WIDE // 2


def deck_pptx(report: GovernorsReport, draw: Draw) -> bytes:
    """The slides in the language of the book."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDE, HIGH
    _describe(deck, report)
    _opening(deck, report)
    given = slides.slides(report, report.followed)
    for slide in given["slides"]:
        if slide["kind"] in BODIES:
            BODIES[slide["kind"]](_slide(deck, slide["title"], given["source"]), slide)
    for framed, said in place_charts(report):
        slide = _slide(deck, framed.chart.title, given["source"])
        _chart(slide, framed, draw)
        _text(slide, HALF, Mm(40), WIDE - HALF - EDGE, Mm(100), [(said, 22, INK, True)])
    asked = list(decisions(report.book.opening.places, report.followed, report.today))
    _decisions(_slide(deck, _("What we ask you to decide"), given["source"]), asked)
    made = io.BytesIO()
    deck.save(made)
    return _without_the_hour(made.getvalue())


def place_charts(report: GovernorsReport) -> Iterator[tuple[Framed, str]]:
    """The charts of how safe places feel, and what each shows in words."""
    for _chapter, blocks in report.book.chapters:
        for block in blocks:
            if block.about_places:
                panel = block.panels[0]
                chart = share_charts.panel_chart(panel, block.title)
                marks = _(
                    "Dot: share of students. Bar: its 95%% interval. Hatched: too few to show."
                )
                yield Framed(chart, marks, measure_label(panel.measures[0])), takeaway(panel)


def _describe(deck: Any, report: GovernorsReport) -> None:
    about = deck.core_properties
    about.title, about.author = title_of(report.imprint), report.imprint.school
    about.language = report.book.reading.language
    about.last_modified_by, about.comments, about.keywords = "", "", ""
    about.created = about.modified = NO_DAY.replace(tzinfo=None)
    about.revision = 1


def _opening(deck: Any, report: GovernorsReport) -> None:
    imprint = report.imprint
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_SLIDE])
    title, sub = slide.placeholders
    _place(title, EDGE, Mm(52), WIDE - 2 * EDGE, Mm(40))
    _place(sub, EDGE, Mm(96), WIDE - 2 * EDGE, Mm(50))
    _write(title.text_frame, [(f"{imprint.school}: {imprint.title}", 36, INK, True)])
    took_part = promise.participation_sentence(report.book.opening.responded[0])
    below = [(imprint.month, 24, SOFT, True), (took_part, 20, INK, False)]
    _write(
        sub.text_frame,
        [*below, (f"{imprint.days()} {slides.consent_note(report)}".strip(), 14, SOFT, False)],
    )


def _slide(deck: Any, title: str, source: str) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
    _place(slide.shapes.title, EDGE, Mm(9), WIDE - 2 * EDGE, Mm(20))
    _write(slide.shapes.title.text_frame, [(title, 28, INK, True)])
    _text(slide, EDGE, HIGH - FOOT - Mm(4), WIDE - 2 * EDGE, FOOT, [(source, 10, SOFT, False)])
    return slide


def _cards(slide: Any, given: Part) -> None:
    cards = given["cards"]
    wide = (WIDE - 2 * EDGE - Mm(6) * (len(cards) - 1)) // len(cards)
    for at, one in enumerate(cards):
        lines = [
            (one["title"], 18, INK, True),
            (one["sub"], 12, SOFT, True),
            (one["share"], 40, _tone(one["tone"]), True),
            (", ".join(words for words in (one["of"], one["interval"]) if words), 11, SOFT, False),
            (one["sentence"], 14, INK, False),
            *((words, 12, SOFT, False) for words in one["more"]),
        ]
        _text(slide, EDGE + at * (wide + Mm(6)), Mm(36), wide, Mm(118), lines)
    if given["note"]:
        _text(slide, EDGE, Mm(158), WIDE - 2 * EDGE, Mm(14), [(given["note"], 12, SOFT, False)])


def _moves(slide: Any, given: Part) -> None:
    half = (WIDE - 2 * EDGE - Mm(8)) // 2
    for at, one in enumerate(given["moves"]):
        figures = f"{one['before']} → {one['now']}  {one['verdict']}" if one["verdict"] else ""
        lines = [
            (one["label"], 16, INK, True),
            (one["detail"], 11, SOFT, False),
            (figures, 20, _tone(one["tone"]), True),
            (one["sentence"], 12, INK, False),
        ]
        left, top = EDGE + (at % 2) * (half + Mm(8)), Mm(34) + (at // 2) * Mm(40)
        _text(slide, left, top, half, Mm(38), lines)
    if given["still"]:
        below = Mm(34) + -(-len(given["moves"]) // 2) * Mm(40)
        _text(slide, EDGE, below, WIDE - 2 * EDGE, Mm(38), [(given["still"], 16, INK, False)])
    _text(slide, EDGE, Mm(158), WIDE - 2 * EDGE, Mm(14), [(given["rest"], 11, SOFT, False)])


def _actions(slide: Any, given: Part) -> None:
    head = [_("Action"), _("Who and by when"), _("How far")]
    rows = [
        [f"{one['name']}: {one['goal']}", one["owner"], one["state"]] for one in given["actions"]
    ]
    _table(slide, head, rows, (150, 100, 56))
    if given["note"]:
        _text(slide, EDGE, Mm(158), WIDE - 2 * EDGE, Mm(14), [(given["note"], 12, SOFT, False)])


def _decisions(slide: Any, asked: Sequence[Part]) -> None:
    head = [_("Decision"), _("Who and by when")]
    _table(slide, head, [[f"{one['title']}. {one['sentence']}", ""] for one in asked], (216, 90))


def _chart(slide: Any, framed: Framed, draw: Draw) -> None:
    """The chart as large as half of the slide has room, with the text that a screen reader says."""
    svg = standalone(draw(framed.chart), "", framed.of, framed.marks)
    picture = slide.shapes.add_picture(io.BytesIO(renderer.png(svg, SCALE)), EDGE, Mm(32))
    ratio = min((HIGH - Mm(32) - 2 * FOOT) / picture.height, (HALF - EDGE - GAP) / picture.width)
    picture.width, picture.height = (
        Emu(int(picture.width * ratio)),
        Emu(int(picture.height * ratio)),
    )
    picture.left = Emu(EDGE + (HALF - EDGE - GAP - picture.width) // 2)
    named = picture._element.nvPicPr.cNvPr
    named.set("descr", f"{framed.chart.title} {framed.chart.description}")
    named.set("name", framed.chart.title)


BODIES: dict[str, Callable[[Any, Part], None]] = {
    "cards": _cards,
    "moves": _moves,
    "actions": _actions,
}
"""By what a slide holds. How figures were rounded is in the report, not on a slide."""

Line = tuple[str, float, str, bool]
"""Words, their size in points, their colour, and whether they are bold."""


def _text(slide: Any, left: int, top: int, wide: int, high: int, lines: Sequence[Line]) -> None:
    box = slide.shapes.add_textbox(Emu(left), Emu(top), Emu(wide), Emu(high))
    _write(box.text_frame, lines)


def _write(frame: Any, lines: Sequence[Line]) -> None:
    frame.word_wrap = True
    frame.auto_size = MSO_AUTO_SIZE.NONE
    said = [line for line in lines if line[0]]
    for at, (words, size, colour, bold) in enumerate(said):
        paragraph = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text = words
        run.font.size, run.font.bold = Pt(size), bold
        run.font.color.rgb = RGBColor.from_string(colour[1:].upper())  # type: ignore[no-untyped-call]


def _table(
    slide: Any, head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]
) -> None:
    shape = slide.shapes.add_table(
        len(rows) + 1, len(head), EDGE, Mm(36), WIDE - 2 * EDGE, Mm(14) * (len(rows) + 1)
    )
    table = shape.table
    for at, wide in enumerate(widths):
        table.columns[at].width = Mm(wide)
    for down, line in enumerate((head, *rows)):
        for across, words in enumerate(line):
            cell = table.cell(down, across)
            cell.fill.background()
            _write(cell.text_frame, [(words, 14, INK, down == 0)])


def _place(shape: Any, left: int, top: int, wide: int, high: int) -> None:
    shape.left, shape.top, shape.width, shape.height = Emu(left), Emu(top), Emu(wide), Emu(high)


def _tone(name: str) -> str:
    return COLOURS[Tone(name)]


def _without_the_hour(content: bytes) -> bytes:
    """The same archive with one day on all of its parts."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            about = zipfile.ZipInfo(name, NO_DAY.timetuple()[:6])
            about.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(about, old.read(name))
    return made.getvalue()
