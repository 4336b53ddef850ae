"""A release as files: the long form for spreadsheets, and the stored documents as they are.

The long form has one line for each printed figure; docs/release-format.md says what its columns
mean. Each key is followed by the words of the questionnaire that was asked, in one language.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from operator import attrgetter

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.campaigns.models import FrozenQuestionnaire
from survey.disclosure.release import COLUMNS, PARTICIPATION, Release
from survey.disclosure.tables import Group
from survey.questionnaires.model import Item, ItemKind, Questionnaire
from survey.questionnaires.table_key import TableKey
from survey.releases import sums_of_answers
from survey.releases.models import StoredRelease
from survey.releases.tabulation_plan import NO, SKIPPED, YES
from survey.reports.wording.labels import BANDS, MEASURES, group_label

LABELS = ("table_label", "group_label", "answer_label")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so may be run as a formula by a spreadsheet."""

BOX = "box:"
"""The prefix of the key of a sum of answers in the long form, which no answer has."""

CARDS = "cards"
"""Table and answer of the lines that say how many cards were made."""

BYTE_ORDER_MARK = "\ufeff"
"""Without it spreadsheets misread letters that English does not have."""

OUTSIDE: Mapping[str, LazyString] = {
    SKIPPED: _l("No answer"),
}
WORDS: Mapping[str, LazyString] = {YES: _l("Yes"), NO: _l("No"), **OUTSIDE}


@dataclass(frozen=True)
class File:
    """A download: its bytes, its type and a name that says what it is."""

    name: str
    kind: str
    content: bytes


def release_csv(stored: StoredRelease, questionnaire: Questionnaire, language: str) -> File:
    """The long form of a release, with labels in `language`."""
    release = Release.from_json(stored.document)
    out = io.StringIO(newline="")
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow((*COLUMNS, *LABELS))
    with force_locale(language):
        for line in _lines(release, stored.release_hash, Labels(questionnaire, language)):
            writer.writerow([safe(value) for value in line])
    return File(f"{_name(stored)}.csv", "text/csv; charset=utf-8", out.getvalue().encode())


def release_json(stored: StoredRelease) -> File:
    """The release as it is stored, byte for byte: its SHA-256 is the release's hash."""
    return File(f"{_name(stored)}.json", "application/json", stored.document.encode())


def certificate_json(stored: StoredRelease) -> File | None:
    """The certificate as it is stored, if the release was audited. It holds exact group
    sizes, so it is only for the school."""
    if stored.certificate is None:
        return None
    return File(
        f"certificate-{stored.release_hash[:12]}.json",
        "application/json",
        stored.certificate.encode(),
    )


def questionnaire_json(frozen: FrozenQuestionnaire) -> File:
    """The questionnaire as it was launched, byte for byte: its SHA-256 is in the release."""
    return File(
        f"questionnaire-{frozen.content_hash[:12]}.json",
        "application/json",
        frozen.document.encode(),
    )


def picture_file(key: str, kind: str, media: str, content: bytes) -> File:
    """One chart, named by what it shows."""
    name = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")
    return File(f"chart-{name}.{kind}", media, content)


def _name(stored: StoredRelease) -> str:
    return f"release-{stored.release_hash[:12]}"


def _lines(
    release: Release, release_hash: str, labels: Labels
) -> Iterator[tuple[str | int | None, ...]]:
    # The same few words are on thousands of lines: they are looked up once.
    groups = {group.key: _group(group) for group in release.lattice.groups}
    values = attrgetter(*COLUMNS)
    table = cache(labels.table)
    answer = cache(labels.answer)
    yield from _cards(release, release_hash, groups)
    for row in release.rows(release_hash):
        words = table(row.table), groups[row.group], answer(row.table, row.answer)
        yield (*values(row), *words)


def _cards(
    release: Release, release_hash: str, groups: Mapping[str, str]
) -> Iterator[tuple[str | int | None, ...]]:
    """A line for each group with separate cards: how many were made, which is not a figure of
    students and so is printed without rounding."""
    blank = dict.fromkeys(COLUMNS)
    for group in release.lattice.groups:
        if group.gender is not None:
            continue
        made = release.header.get(f"cards_{group.year}" if group.year else "cards")
        if isinstance(made, int) and made:
            line = {
                "release_id": release_hash,
                "table": CARDS,
                "group": group.key,
                "answer": CARDS,
                "status": "made",
                "count": made,
            }
            words = str(_l("Cards made"))
            yield (*(blank | line).values(), words, groups[group.key], words)


def _group(group: Group) -> str:
    """The label of a group; by year and gender it has both, as no other column gives the other."""
    if group.year and group.gender:
        return f"{group_label(Group(year=group.year))}, {group_label(Group(gender=group.gender))}"
    return group_label(group)


def safe(value: str | int | None) -> str | int:
    """A value that is never a formula: text that begins like one gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


class Labels:
    """The words for the keys of a release, in one language."""

    def __init__(self, questionnaire: Questionnaire, language: str) -> None:
        self._questionnaire = questionnaire
        self._language = language
        self._indicators: dict[str, str] = {
            one.table_key: one.label.in_language(language) for one in questionnaire.indicators
        }

    def table(self, key: str) -> str:
        """What is asked; of a grid or a choice of several, with the row or option."""
        asked, part = self.parts(key)
        return f"{asked} – {part}" if part else asked

    def parts(self, key: str) -> tuple[str, str]:
        """What is asked, and the row or option; empty where there is none."""
        if key == PARTICIPATION:
            return str(gettext("Students who took part")), ""
        if key in self._indicators:
            return self._indicators[key], ""
        item, part = self._item(key)
        return item.wording.in_language(self._language), self._part(item, part) if part else ""

    def answer(self, table: str, key: str) -> str:
        """What was answered, or the sum of answers."""
        key = key.removeprefix(BOX)
        if table == PARTICIPATION:
            return str(gettext("Took part"))
        if key in self._indicators:
            return self._indicators[key]
        if key in OUTSIDE or table in self._indicators or TableKey(table).option:
            return str(WORDS[key])
        item, _part = self._item(table)
        option = item.option(key)
        if option is not None:
            return option.label.in_language(self._language)
        if key in sums_of_answers.BOXES[ItemKind.SCALE.fixed_answers] and key in BANDS:
            band = sums_of_answers.BOXES[ItemKind.SCALE.fixed_answers][key]
            return str(BANDS[key]) % {"lowest": band[0], "highest": band[-1]}
        return str(MEASURES.get(key, key))

    def _item(self, key: str) -> tuple[Item, str]:
        table = TableKey(key)
        return self._questionnaire.by_key[table.item], table.part

    def _part(self, item: Item, part: str) -> str:
        option = item.option(part)
        if option is not None:
            return option.label.in_language(self._language)
        row = next(row for row in item.rows if row.key == part)
        return row.label.in_language(self._language)
