from __future__ import annotations

from pathlib import Path

import pytest

from survey.questionnaires.load import TemplateError, load, load_folder
from survey.questionnaires.model import Inside, ItemKind, Questionnaire, QuestionRole

SMALL = (Path(__file__).parent / "small-1.toml").read_text(encoding="utf-8")


def read(tmp_path: Path, words: str, name: str = "small-1.toml") -> Questionnaire:
    path = tmp_path / name
    path.write_text(words, encoding="utf-8")
    return load(path)


def test_a_template_becomes_items_in_printed_order(small: Questionnaire) -> None:
    keys = [item.key for item in small.items]
    assert keys == "A1 A2 A3 B1 B2 B3 B4 F1 F2 H1 H2 K2 K2a O1 P2".split()  # noqa: SIM905 (read as a row)
    assert small.languages == ("en", "cy")
    assert small.title.in_language("cy") == "Bach"
    assert small.by_key["B1"].answers == ("safe", "unsafe", "pns")  # without "away"
    assert small.by_key["O1"].kind is ItemKind.SCALE
    assert small.help[0].key == "childline"


def test_places_make_the_rows_of_a_grid(small: Questionnaire) -> None:
    assert [row.key for row in small.by_key["B2"].rows] == ["classrooms", "toilets", "gates"]


def test_places_make_the_options_of_a_list_inside_first_and_its_own_last(
    small: Questionnaire,
) -> None:
    b3 = small.by_key["B3"]
    inside, outside = ["classrooms", "toilets", "gates"], ["park", "bus_stop"]
    assert list(b3.answers) == [*inside, *outside, "online", "none"]
    assert b3.option("none").role is QuestionRole.NONE  # type: ignore[union-attr]
    assert list(small.by_key["K2a"].answers) == outside
    assert small.place("park").inside is Inside.OUTSIDE  # type: ignore[union-attr]


COMPLAINTS = [
    # what is written in place of what, where the complaint points, what it says
    ('kind = "scale"', 'kind = "slider"', "section O, item O1", "kind does not know 'slider'"),
    ('places = "inside"', 'place = "inside"', "section B, item B2", "place is not known here"),
    ("most = 2", "most = true", "section B, item B3", "most is not a whole number"),
    ("most = 2", "most = 20", "section B, item B3", "most is out of range"),
    ('options = "SEEN"', 'options = "SCENE"', "section F, item F1", "options names no scale"),
    ('without = ["away"]', 'without = ["gone"]', "section B, item B1", "without names no option"),
    ('part_of = "K2"', 'part_of = "P2"', "section K, item K2a", "is part of P2"),
    ('["to_me", "saw"]', '["to_me", "heard"]', "section F, item F2", "show_if names no option"),
    ('{ item = "F1"', '{ item = "O1"', "section F, item F2", "show_if names O1, not before it"),
    ('{ item = "F1"', '{ itm = "F1"', "section F, item F2, show_if", "item is missing"),
    ('themes = ["WELLB"]', 'themes = ["WELL"]', "section O, item O1", "unknown theme"),
    ('yes = ["safe"]', 'yes = ["sfae"]', "indicator safe_school", "B1 has no option"),
    ('key = "K2a"', 'key = "K2"', "section K, item K2", "the key is used twice"),
    ("inside = false", 'inside = "no"', "place park", "inside is not true or false"),
    ('last_checked = "2026-11-23"', 'last_checked = "soon"', "help childline", "last_checked"),
    ('en = "Classrooms"', 'eng = "Classrooms"', "place classrooms", "in no language"),
    ('{ en = "Places",', '{ en = " ",', "section B", "title has no words in a language"),
    ('timeframe.en = "this term"', "", "top", "timeframe has no words in 'en'"),
    ('key = "online", label', 'key = "park", label', "section B, item B3", "the key of a place"),
    ('item = "K2", options = ["yes"]', 'item = "B3", options = ["park"]', "item K2a", "a place"),
    ('item = "F1", options = ["to_me", "saw"]', 'item = "B4", options = ["dark"]', "item F2",
     "is core, but"),
    ('title.en = "Small"', 'titel = "x"\ntitle.en = "Small"', "top", "titel is not known here"),
    ('nations = ["england", "wales"]', 'nations = ["mars"]', "help childline", "nations are"),
    ('role = "away"', 'role = "gone"', "scale SAFE, option away", "role does not know 'gone'"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "instead", "where", "why"), COMPLAINTS)
def test_a_complaint_names_file_place_and_reason(
    tmp_path: Path, written: str, instead: str, where: str, why: str
) -> None:
    assert written in SMALL
    with pytest.raises(TemplateError) as complaint:
        read(tmp_path, SMALL.replace(written, instead, 1))
    assert complaint.value.file == "small-1.toml"
    assert complaint.value.where == where
    assert why in complaint.value.why
    assert str(complaint.value).startswith(f"small-1.toml: {where}: ")


def test_what_is_not_toml_is_a_complaint_too(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"small-1\.toml"):
        read(tmp_path, "key = ")
    with pytest.raises(TemplateError, match=r"gone\.toml"):
        load(tmp_path / "gone.toml")


def test_a_file_is_named_after_its_key_and_version(tmp_path: Path) -> None:
    read(tmp_path, SMALL)
    assert list(load_folder(tmp_path)) == [("small", "1")]
    read(tmp_path, SMALL, "other-1.toml")
    with pytest.raises(TemplateError, match=r"small-1\.toml"):
        load_folder(tmp_path)
