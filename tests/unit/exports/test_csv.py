"""Downloads: what the release prints and nothing else, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import uuid
from dataclasses import replace
from datetime import date
from functools import cache
from hashlib import sha256

import pytest

from survey.disclosure.release import COLUMNS, Release
from survey.exports.csv import LABELS, certificate_json, release_csv, release_json
from survey.questionnaires.model import Questionnaire, Text
from survey.releases.models import StoredRelease
from survey.releases.sums_of_answers import net_of
from tests.unit.reports.samples import sample
from tests.unit.reports.schools import SAFETY, make_release


def stored(release: Release, certificate: str | None = None) -> StoredRelease:
    return StoredRelease(
        school_id=uuid.UUID(int=1),
        wave_id=uuid.UUID(int=2),
        release_hash=release.content_hash(),
        document=release.to_json(),
        certificate=certificate,
        released_on=date(2026, 12, 21),
    )


@cache
def lines(questionnaire: Questionnaire = SAFETY, language: str = "en") -> list[dict[str, str]]:
    made = release_csv(stored(make_release(300, 1)), questionnaire, language)
    text = made.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_csv_holds_every_printed_figure_and_no_other():
    release = make_release(300, 1)
    told = [tuple(line[column].removeprefix("'") for column in COLUMNS) for line in lines()]
    printed = [
        tuple("" if value is None else str(value) for value in row.values())
        for row in release.rows()
    ]
    assert told == printed
    assert list(lines()[0]) == [*COLUMNS, *LABELS]


def test_labels_stand_beside_keys():
    """
    table        answer            table_label                         answer_label
    B2.toilets   box:feel_unsafe   How safe ... places? – Toilets      Feel unsafe or very unsafe
    B4:crowds    yes               What makes ... unsafe? – Crowds ... Yes
    """
    found = {(line["table"], line["answer"]): line for line in lines()}
    toilets = found["B2.toilets", "box:feel_unsafe"]
    assert toilets["table_label"].endswith("– Toilets")
    assert toilets["answer_label"] == "Feel unsafe or very unsafe"
    assert found["B2.toilets", "away"]["answer_label"] == "I don't go there"
    assert found["B2.toilets", "skipped"]["answer_label"] == "No answer"
    assert found["B4:crowds", "yes"]["answer_label"] == "Yes"
    assert found["F3:toilets", "skipped"]["answer_label"] == "No answer"
    assert found["O1", "box:low"]["answer_label"] == "Low (0 to 4)"
    assert found["O1", "10"]["answer_label"] == "10"
    groups = {line["group"]: line["group_label"] for line in lines()}
    assert groups["all"] == "Whole school"
    assert groups["year=y9"] == "Year 9"


def test_a_line_by_year_and_gender_names_both():
    release, questionnaire = sample(crossed=True)
    made = release_csv(stored(release), questionnaire, "en").content.decode("utf-8-sig")
    told = {
        one["group"]: one["group_label"] for one in csv.DictReader(io.StringIO(made, newline=""))
    }
    assert told["year=y9,gender=girl"] == "Year 9, Girls"
    assert len(set(told.values())) == len(told)


def test_no_line_is_without_words():
    assert all(line[label] for line in lines() for label in LABELS)


def test_the_questionnaire_speaks_the_chosen_language():
    toilets = next(line for line in lines(language="cy") if line["table"] == "B2.toilets")
    assert toilets["answer_label"] == "Diogel iawn"


def test_nothing_begins_like_a_formula():
    section = SAFETY.sections[1]
    first = replace(section.items[0], wording=Text.of({"en": '=HYPERLINK("x";"y")'}))
    evil = replace(
        SAFETY,
        sections=(
            SAFETY.sections[0],
            replace(section, items=(first, *section.items[1:])),
            *SAFETY.sections[2:],
        ),
    )
    found = lines(evil)
    starts = {value[:1] for line in found for value in line.values()}
    assert not starts & set("=+-@\t\r")
    assert {line["table"] for line in found if line["table"].startswith("'")} == {
        f"'@{one.key}" for one in SAFETY.indicators if not net_of(SAFETY, one)
    }


def test_the_json_is_the_stored_document_and_its_hash_is_the_releases():
    kept = stored(make_release(300, 1))
    file = release_json(kept)
    assert file.content.decode() == kept.document
    assert sha256(file.content).hexdigest() == kept.release_hash
    assert file.name == f"release-{kept.release_hash[:12]}.json"


@pytest.mark.parametrize("certificate", [None, '{"format":"x"}'])
def test_a_certificate_is_handed_out_as_it_is_if_there_is_one(certificate):
    file = certificate_json(stored(make_release(300, 1), certificate))
    assert (file and file.content.decode()) == certificate
