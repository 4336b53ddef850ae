"""The replay against a second method: pandas, from the file, with its own mapping."""

from __future__ import annotations

import os
import re
from dataclasses import fields
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from flask import Flask
from sqlalchemy import func, select

from survey.campaigns.operations import find_wave, questionnaire_of
from survey.database import read, today
from survey.demo.commands import tell_reports
from survey.demo.gshs_records import FIELDS, MissingColumnError, deal, read_records
from survey.demo.replayed_schools import SEED, Replayed, replay
from survey.organisations.models import Authority, School
from survey.releases.models import StoredComparison, StoredRelease
from survey.releases.tabulation import tabulate
from survey.settings import PREFIX, Settings

RECORDS = Path(__file__).parents[4] / "shared" / "data" / "gshs_argentina_2018.csv"
TODAY = today()  # the pages that are walked have no other
EVERY = 80  # of the records: some 400 students
SCHOOLS = 5
SIZES = {"least": 50, "most": 150}

ORACLE = {
    "W1.at_school": ("bullied_at_school", {"Yes": "yes", "No": "no"}),
    "W1.online": ("cyberbullied", {"Yes": "yes", "No": "no"}),
    "V1": ("physically_attacked", {"0": "t0", "1": "t1", "2": "t2", "12": "t12"}),
    "O4": ("felt_lonely", {"Never": "never", "Most of the time": "most", "Always": "always"}),
    "C2": ("missed_school_without_permission", {"0": "d0", "3": "d3"}),
    "N2": ("other_students_kind", {"Sometimes": "sometimes"}),
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every eightieth of the real records where they are next to the project; otherwise as many
    drawn ones of the same columns and values, so that the tests never depend on a file."""
    path = tmp_path_factory.mktemp("records") / "sample.csv"
    frame = pd.read_csv(RECORDS, dtype=str).iloc[::EVERY] if RECORDS.exists() else drawn()
    frame.to_csv(path, index=False)
    return path


def drawn(count: int = 410) -> pd.DataFrame:
    random = Random(1)
    ages = [str(age) for age in range(11, 19)]
    columns = {"age": random.choices(ages, (1, 10, 18, 18, 18, 18, 16, 1), k=count)}
    for column, (_item, options) in FIELDS.items():
        columns[column] = random.choices(list(options), k=count)
    return pd.DataFrame(columns)


def environment(settings: Settings) -> dict[str, str]:
    def spelled(value: object) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        return value.hex() if isinstance(value, bytes) else str(value)

    return {
        PREFIX + field.name.upper(): spelled(getattr(settings, field.name))
        for field in fields(settings)
        if getattr(settings, field.name) != field.default  # some may be set together only
    }


def run(
    app: Flask, settings: Settings, path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Replayed, list[str]]:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)  # what the tests themselves get is no setting
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    said: list[str] = []
    with app.app_context():
        made = replay(path, schools=SCHOOLS, today=TODAY, say=said.append, over_http=10, **SIZES)
    return made, said


@pytest.mark.slow
def test_counts_equal_those_made_from_the_file(
    app: Flask,
    settings: Settings,
    sample: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made, said = run(app, settings, sample, monkeypatch)
    frame = pd.read_csv(sample, dtype=str)
    ages = frame["age"].astype(int)
    assert sum(len(school.records) for school in made.schools) == int(ages.between(12, 17).sum())
    with app.app_context():
        for school in made.schools[:2]:
            mine = frame.iloc[[record.line - 2 for record in school.records]]
            wave = find_wave(read(), school.school_id, school.wave_id)
            counted = tabulate(
                read(),
                school_id=school.school_id,
                wave_id=school.wave_id,
                questionnaire=questionnaire_of(wave),
            )
            tables = {table.key: table for table in counted.tables}
            for key, (column, options) in ORACLE.items():
                table = tables[key]
                expected = mine.groupby([mine["age"].astype(int), "sex", column]).size()
                for value, option in options.items():
                    at = table.answers.index(option)
                    for (year, gender), row in table.counts.items():
                        sex = {"girl": "Female", "boy": "Male"}.get(gender)
                        age = int(year[1:]) + 4 if year[1:].isdecimal() else 0
                        assert row[at] == expected.get((age, sex, value), 0), (key, year, gender)
        releases = read().scalar(select(func.count()).select_from(StoredRelease))
        comparisons = read().scalar(select(func.count()).select_from(StoredComparison))
    assert (releases, comparisons) == (SCHOOLS, 1)
    assert "10 students walked the pages over HTTP" in "\n".join(said)
    check_ends_with_reports(app, made, capsys)


def check_ends_with_reports(app: Flask, made: Replayed, capsys: pytest.CaptureFixture[str]) -> None:
    """The last words are where the reports are; a person who signs in as printed can read them."""
    with app.app_context():
        capsys.readouterr()
        tell_reports(made)
    told = capsys.readouterr().out
    app.config["WTF_CSRF_ENABLED"] = False
    base = app.extensions["settings"].public_address
    pages = re.findall(rf"{re.escape(base)}(/(?:schools|authorities)/\S+)", told)
    assert len(pages) == 2
    for email, page in zip((made.lead, made.analyst), pages, strict=True):
        client = app.test_client()
        client.post("/sign-in", data={"email": email, "password": made.password})
        assert client.get(page).status_code == 200


def test_a_missing_column_stops_before_anything_is_written(
    app: Flask, sample: Path, tmp_path: Path
) -> None:
    path = tmp_path / "short.csv"
    pd.read_csv(sample, dtype=str).drop(columns=["sex"]).to_csv(path, index=False)
    with app.app_context():
        with pytest.raises(MissingColumnError, match="sex"):
            replay(path, schools=SCHOOLS, today=TODAY, say=print, **SIZES)
        assert read().scalar(select(func.count()).select_from(Authority)) == 0
        assert read().scalar(select(func.count()).select_from(School)) == 0


def test_bad_rows_are_named_and_left_out(sample: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(sample, dtype=str)
    frame.loc[3, "age"] = "twelve"
    frame.loc[7, "felt_lonely"] = "Daily"
    path = tmp_path / "bad.csv"
    frame.to_csv(path, index=False)
    reading = read_records(path)
    assert [bad.line for bad in reading.bad] == [5, 9]
    assert "age is 'twelve'" in reading.bad[0].why
    assert "felt_lonely is 'Daily'" in reading.bad[1].why
    assert len(reading.records) + reading.other_ages + 2 == len(frame)


def test_schools_are_dealt_the_same_every_time(sample: Path) -> None:
    records = read_records(sample).records
    once = deal(records, SCHOOLS, seed=SEED, **SIZES)
    again = deal(records, SCHOOLS, seed=SEED, **SIZES)
    assert once == again
    assert sorted(r.line for school in once for r in school) == sorted(r.line for r in records)
    assert all(SIZES["least"] <= len(school) <= SIZES["most"] for school in once)


def test_too_few_records_for_so_many_schools_are_refused(sample: Path) -> None:
    with pytest.raises(ValueError, match="cannot make"):
        deal(read_records(sample).records, 100, seed=SEED, **SIZES)
