"""What looks like someone's name, and what does not."""

from __future__ import annotations

import pytest

from survey.personal_names.detector import find_names, listed_in, seem_named, staff_named

SCHOOL = ("Northmoor High School", "Sports Hall", "Library or quiet room")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("We spoke to Robin about it.", ["Robin"]),
        ("Robin Asker was hurt there.", ["Robin Asker"]),
        ("It began with Amina-Lou, Sam and then Jo.", ["Amina-Lou", "Sam", "Jo"]),
        ("Dilys ap Rhys\nand Siôn O’Neill", ["Dilys", "Rhys", "Siôn O’Neill"]),
        ("Robin, then robin, then Robin again: ask Robin.", ["Robin"]),
    ],
)
def test_a_name_is_seen(words: str, named: list[str]) -> None:
    assert list(seem_named(words, SCHOOL)) == named


@pytest.mark.parametrize(
    "words",
    [
        "",
        "An adult stands outside at break. Locks are mended by Friday.",
        "Ms Okafor sees to it, with Dr Ada Lovelace.",
        "The toilets by the Sports Hall are for Year 9 on a Monday.",
        "CCTV in the corridor. PE kit. I asked the DSL.",
        "Toilets: about a third feel unsafe (34% of 800). It is highest for Year 9.",
    ],
)
def test_what_is_nobody_is_left_alone(words: str) -> None:
    assert seem_named(words, SCHOOL) == ()


def test_a_first_name_that_begins_a_sentence_is_seen_if_it_is_usual() -> None:
    assert seem_named("Robin was hurt.") == ("Robin",)
    assert seem_named("Xanthe was hurt.") == ()


STAFF = (
    "Ms Khan-Ali", "Ms Smith-Jones", "Mr Łukasz Wójcik", "Mr O'Brien", "Mrs McDonald",
    "Mr Ahmed", "Ms Søren Ødegård", "Dr Đorđe Đukić", "Mr Işık", "Mx Müller", "Miss D’Souza",
    "Mr MacLeod", "Mrs van der Berg", "Ms Al-Sayed", "Mr Bell-Field", "Mrs Jones", "Mr Nguyễn",
    "Sir Fitzgerald",
)  # fmt: skip
# The name as a student writes it, and what has to be pointed out.
WRITTEN = [
    ("miss khan lets it happen", "khan"),
    ("smith jones saw it", "jones"),
    ("lukasz on duty looks at his phone", "lukasz"),
    ("it was wojcik", "wojcik"),
    ("Wójcik's lesson", "Wójcik's"),
    ("khan ali shouts", "khan"),
    ("khanali shouts", "khanali"),
    ("ali shouts", "ali"),
    ("smithjones", "smithjones"),
    ("Jones-Smith", "Jones"),
    ("obrien is rude", "obrien"),
    ("o brien is rude", "o brien"),
    ("o'briens class", "o'briens"),
    ("O’Brien", "O’Brien"),
    ("the obriens", "obriens"),
    ("mc donald saw", "mc donald"),
    ("mcdonald saw", "mcdonald"),
    ("mac donald saw", ""),
    ("mcdonalds room is cold", "mcdonalds"),
    ("ahmeds lesson", "ahmeds"),
    ("ahmed's lesson", "ahmed's"),
    ("ahmeds' lesson", "ahmeds"),
    ("odegard", "odegard"),
    ("ØDEGÅRD", "ØDEGÅRD"),
    ("oedegaard", "oedegaard"),
    ("soren", "soren"),
    ("dukic by the gate", "dukic"),
    ("djordje", ""),
    ("isik", "isik"),
    ("IŞIK", "IŞIK"),
    ("mueller", "mueller"),
    ("muller", "muller"),
    ("dsouza", "dsouza"),
    ("d souza", "souza"),
    ("mac leod", "mac leod"),
    ("macleod", "macleod"),
    ("macloed", "macloed"),
    ("van der berg", "berg"),
    ("vanderberg", "vanderberg"),
    ("al sayed", "sayed"),
    ("alsayed", "alsayed"),
    ("sayeds", "sayeds"),
    ("mr bell walks past", "bell"),
    ("the joneses", "joneses"),
    ("nguyen", "nguyen"),
    ("fitz gerald", "fitz gerald"),
    ("fitzgerald", "fitzgerald"),
]
NOBODY = [
    "the bell rings and we go over the field", "an allied team", "he said o well and left",
    "i am in year 9 and my mate is in year 8", "we jump over the ice", "some days are worse",
    "the den by the van", "bring a souvenir", "al fresco lunch", "ring the bells",
]  # fmt: skip


@pytest.mark.parametrize(("text", "name"), [one for one in WRITTEN if one[1]])
def test_a_listed_name_is_seen_however_it_is_written(text: str, name: str) -> None:
    found = [text[start:end] for start, end in listed_in(text, STAFF)]
    assert any(name in one for one in found), found


@pytest.mark.parametrize("text", NOBODY)
def test_ordinary_words_are_no_listed_name(text: str) -> None:
    assert [text[start:end] for start, end in listed_in(text, STAFF)] == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Ask Mr Smith", ("Mr Smith",)),
        ("ask mr smith or ms. jones", ("mr smith", "ms. jones")),
        ("Mrs.Patel has the key", ("Mrs.Patel",)),
        ("Talk to Miss Lee, Dr Adeyemi or Coach Lewis", ("Miss Lee", "Dr Adeyemi", "Coach Lewis")),
        ("khan ali opens the library", ("khan ali",)),
        ("Do not miss lessons, and tell the coach", ()),
        ("The site manager mends the locks by Friday", ()),
        ("Ask sir", ()),
    ],
)
def test_a_member_of_staff_is_seen(text: str, named: tuple[str, ...]) -> None:
    assert staff_named(text, STAFF) == named


def test_a_long_text_is_looked_at_at_once() -> None:
    for text in ("khan-" * 400, "o " * 1000, "mr " * 700, "'" * 2000):
        assert len(list(listed_in(text, STAFF))) <= len(text)
        assert len(staff_named(text, STAFF)) <= len(text)


@pytest.mark.parametrize(
    "words",
    [
        "Ask Mr. B", "Miss T knows", "Mr O Brien", "Mr Ó Súilbhéin", "Mr 李", "Ask Mr S.",
        "Мr Smith", "M\u200br Smith", "Mr Sm\u200bith", "𝐌𝐫 𝐒𝐦𝐢𝐭𝐡", "Ｍｒ Ｓｍｉｔｈ", "Mr Sm1th",
        "Mr\u00a0Smith", "Mr_Smith", "Mr-Smith", "Mr: Smith", "Mr/Mrs Jones", "Miss SMITH",
        "Miss Żak", "Ms. Żak", "Fr Murphy", "Sister Mary", "Imam Yusuf", "Rabbi Cohen", "PC Plod",
        "PCSO Jones", "Ustad Ahmed", "Frau Müller", "Ma'am Jones", "Lady Jones",
        "our PE teacher Dave", "the site manager, Dave", "Sir Khan", "Mrs ap Rhys",
        "Ask Ms\u200bPatel", "Ask Ms\u2060Patel", "MsPatel has it", "Principal Skinner",
        "Head of Year Jones", "the Deputy Head Carter", "Teacher Wang", "TA Sue", "Baji Aisha",
        "Maulana Yusuf", "Athro Davies", "Zapytaj pana Kowalskiego", "Doamna Popescu",
        "Domnul Ionescu", "Пані Коваленко", "Запитай пана Шевченка", "السيد أحمد", "جناب خان صاحب",
        "श्रीमती शर्मा", "জনাব রহমান", "ਸ਼੍ਰੀਮਤੀ ਕੌਰ", "Macallin Ahmed",
    ],
)  # fmt: skip
def test_a_member_of_staff_is_named_however_it_is_typed(words: str) -> None:
    assert staff_named(words), words


@pytest.mark.parametrize(
    "words",
    [
        "Ask the head of Year 9", "Write to us in Ms Teams", "Miss a lesson", "Miss I was late",
        "MISS THE BUS", "Coach trips on Friday", "A visit to Madam Tussauds", "a pan-European day",
        "Ask the site manager", "The teacher on duty", "a teacher Friday after school",
        "Principal Teacher of Maths", "Teacher Training Day", "Head of Year Nine", "Missed it",
        "Tutor Group 9B", "Governor Meeting", "TA in Maths", "Speak to a Teacher or Tutor",
        "Pan Asian food", "my form tutor", "the PE teacher", "Counsellor Drop-in",
    ],
)  # fmt: skip
def test_a_title_that_names_nobody_is_left_alone(words: str) -> None:
    assert staff_named(words) == ()


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("sm1th shouts", "sm1th"), ("smi\u200bth shouts", "smi\u200bth"),
        ("ѕmith shouts", "ѕmith"), ("S M I T H shouts", "S M I T H"), ("ｓｍｉｔｈ", "ｓｍｉｔｈ"),
        ("neill shouts", "neill"), ("Петров", "Петров"), ("ask nguyen", "nguyen"),
    ],
)  # fmt: skip
def test_a_listed_name_is_found_where_it_was_typed(written: str, found: str) -> None:
    listed = ("Mr Smith", "Ms O'Neill-Smythe", "Mr Иван Петров", "Miss Nguyễn")
    assert [written[start:end] for start, end in listed_in(written, listed)] == [found]


@pytest.mark.parametrize(
    "written",
    ["jаck", "j4ck", "ja\u200bck", "Mia-Rose", "ollies", "JOS", "R.J.", "siân", "xavier"],
)
def test_a_student_is_pointed_out_however_it_is_typed(written: str) -> None:
    text = f"it was {written} again"
    assert written in [text[start:end] for start, end in find_names(text)]
