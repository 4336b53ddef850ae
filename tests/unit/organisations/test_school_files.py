"""Lists of schools as offices write them: each file is read, or refused by row and column."""

from __future__ import annotations

import tracemalloc

import pytest
from flask import Flask
from flask_babel import Babel, format_decimal

from survey.organisations.models import Nation, Phase
from survey.organisations.school_files.columns import kind_of, year_number, year_written
from survey.organisations.school_files.csv_table import MOST_ROWS, FileError
from survey.organisations.school_files.people.rows import people_table, read_people
from survey.organisations.school_files.plan import short_name
from survey.organisations.school_files.school_rows import ReadRows, read_file
from survey.organisations.school_files.template_file import template_file

GIAS = (
    "URN,LA (code),LA (name),EstablishmentNumber,EstablishmentName,TypeOfEstablishment (name),"
    "PhaseOfEducation (name),StatutoryLowAge,StatutoryHighAge,NumberOfPupils,Trusts (name),"
    "EstablishmentStatus (name)\n"
)


@pytest.fixture(autouse=True)
def _words() -> object:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def read(text: str, encoding: str = "utf-8", nation: Nation = Nation.ENGLAND) -> ReadRows:
    return read_file(text.encode(encoding), nation=nation)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_any_encoding_and_separator(encoding: str, separator: str) -> None:
    text = "URN,EstablishmentName,LA\n100001,Ysgol Gŵyr – Zoë's,Camden\n".replace(",", separator)
    if encoding == "cp1252":
        text = text.replace("ŵ", "w")
    (school,) = read(text, encoding).schools
    assert school.name == text.split(separator)[3]
    assert (school.number, school.authority, school.nation) == ("100001", "Camden", Nation.ENGLAND)


def test_an_extract_of_england() -> None:
    rows = (
        "100049,202,Camden,4104,Haverstock School,Community school,Secondary,11,18,1100,,Open\n"
        "100008,202,Camden,2019,Argyle Primary School,Community school,Primary,3,11,400,,Open\n"
        "100091,202,Camden,7003,Swiss,Foundation special school,Not applicable,2,19,24,,Open\n"
        "100002,202,Camden,1100,The Bridge,Pupil referral unit,Not applicable,11,16,40,,Open\n"
        "100099,202,Camden,4196,Old School,Community school,Secondary,11,18,,,Closed\n"
    )
    reading = read(GIAS + rows)
    assert not reading.problems
    first, primary, special, unit, old = reading.schools
    assert first.phase is Phase.SECONDARY
    assert primary.is_too_young
    assert (special.phase, unit.phase) == (Phase.SPECIAL, Phase.ALTERNATIVE)
    assert old.is_closed


def test_titles_and_merged_cells_above_the_headings() -> None:
    text = (
        "Address list of schools,,,\n,,,\n,Where,,\n"
        "School Number,School Name,Local Authority,Sector\n"
        "6604025,Ysgol Uwchradd,Gwynedd,Secondary\n"
    )
    (school,) = read(text).schools
    assert (school.nation, school.number, school.line) == (Nation.WALES, "6604025", 5)


@pytest.mark.parametrize(
    "above", ["School,,Students,\n", "Name,,,\n", "Identity,,,\nSchool,Where,,\n"]
)
def test_a_merged_title_that_is_a_word_of_ours_is_no_heading(above: str) -> None:
    """It was taken for the headings, and a school called "100001" was to be added."""
    head = "URN,EstablishmentName,LA,Year 7\n"
    reading = read(f"{above}{head}100001,Hill School,Camden,120\n{head}100002,Dale,Camden,90\n")
    assert not reading.problems
    assert [(one.number, one.name) for one in reading.schools] == [
        ("100001", "Hill School"),
        ("100002", "Dale"),
    ]


def test_a_column_that_is_not_read_is_named() -> None:
    reading = read("URNN,Name,Authority,Diocese (name),Year 7\n100001,A,Camden,T,90\n")
    assert reading.layout.unread == ("URNN", "Diocese (name)")


def test_a_number_as_a_spreadsheet_writes_it() -> None:
    (school,) = read("URN,EstablishmentName\n100001.0,A\n").schools
    assert school.number == "100001"


@pytest.mark.parametrize(
    ("headings", "nation"),
    [
        ("SEED Code,School Name,LA Name", Nation.SCOTLAND),
        ("DE Reference,Institution Name,District Council", Nation.NORTHERN_IRELAND),
    ],
)
def test_the_register_tells_the_nation(headings: str, nation: Nation) -> None:
    (school,) = read(f"{headings}\n0123456,Academy,North\n").schools
    assert (school.nation, school.number) == (nation, "123456")


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ("100051,Camden,=cmd|'x'!A0", "EstablishmentName", "formula"),
        ("10x051,Camden,Regent High", "URN", "is not the number"),
        ("100051,Camden," + "x" * 121, "EstablishmentName", "at most 120"),
        ("100051,@SUM(A1),Regent High", "LA", "formula"),
        ("100051,Camden,Regent \U0001f9e1 High", "EstablishmentName", "cannot be printed"),
        (",Camden,", "EstablishmentName", "missing"),
        ("100051,Camden,Regent High,,,more", "", "more cells"),
    ],
)
def test_what_is_wrong_is_named_by_row_and_column(cells: str, column: str, words: str) -> None:
    reading = read(f"URN,LA,EstablishmentName\n100001,Camden,Good School\n{cells}\n")
    (problem,) = reading.problems
    assert (problem.line, problem.column) == (3, column)
    assert words in problem.message
    assert [one.name for one in reading.schools] == ["Good School"]


def test_a_number_twice_refuses_both_rows() -> None:
    reading = read("URN,EstablishmentName\n100001,A\n100002,B\n100001,C\n")
    assert [one.name for one in reading.schools] == ["B"]
    assert [one.line for one in reading.problems] == [2, 4]
    assert all("2, 4" in one.message for one in reading.problems)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "XLSX"),
        (b"URN,EstablishmentName\n", "no rows"),
        (b"a,b,c\n1,2,3\n", "headings that we know"),
        (b"URN,LA\n1,Camden\n", "no column with the names"),
        (b"URN,NCyearActual\n1,9\n", "needs both columns"),
        (b'URN,EstablishmentName\n1,"never closed\n2,B\n', "never closed"),
        pytest.param(
            "URN,EstablishmentName\n" + "1,A\n" * (MOST_ROWS + 1), "more than 20000", id="too many"
        ),
        (b"\x00\x01\x02\x03", "letters"),
        (b"URN,EstablishmentName,Year 7,Yr 7\n1,A,10,20\n", "Two columns"),
    ],
    ids=str,
)
def test_a_file_that_cannot_be_read_says_what_to_do(content: bytes | str, words: str) -> None:
    data = content.encode() if isinstance(content, str) else content
    with pytest.raises(FileError) as refused:
        read_file(data)
    assert words in refused.value.message.replace(",", "")


def test_rolls_with_a_column_for_each_year() -> None:
    (school,) = read("URN,Year 7,NCY8,Y9,Year 10\n100001,180,175,,1 020\n").problems or [None]
    assert school is not None, "1020 students in one year group"
    assert school.column == "Year 10"
    (fine,) = read('URN,Year 7,NCY8,Y9\n100001,180,"175",-\n').schools
    assert fine.roll == {"7": 180, "8": 175}


def test_rolls_with_a_row_for_each_year() -> None:
    text = "URN,NCyearActual,Headcount\n100001,7,180\n100002,7,90\n100001,8,175\n100001,6,60\n"
    first, second = read(text).schools
    assert (first.roll, second.roll) == ({"6": 60, "7": 180, "8": 175}, {"7": 90})
    for wrong in ("100001,8,100\n", "100001,9,many\n"):
        refused = read(text + wrong)
        assert [one.line for one in refused.problems] == [2, 6], "what is left is not its roll"
        assert [one.number for one in refused.schools] == ["100002"]
    younger = read(text + "100001,R,30\n100001,N2,12\n100001,E1,3\n")
    assert not younger.problems
    assert younger.schools == (first, second)


@pytest.mark.parametrize(
    "wrong",
    ["100001,@Leeds,,A,8,110", f"100001,,,{'x' * 121},8,110", "100001,,Englnd,A,8,110",
     "100001,,Wales,A,8,many", "100001.0,@Leeds,Englnd,=A,8,110"],
)  # fmt: skip
def test_a_refused_row_of_a_census_is_known_by_its_number_alone(wrong: str) -> None:
    """What else is wrong in it does not hide whose row it is."""
    head = "URN,LA,Nation,Name,NCyearActual,Headcount\n"
    reading = read(f"{head}100001,,,A,7,100\n100002,,,B,7,90\n{wrong}\n")
    assert [one.number for one in reading.schools] == ["100002"]
    assert {one.line for one in reading.problems} == {2, 4}


@pytest.mark.parametrize(
    "wrong", ["10O001,A,8,110", ",A,8,many", ",,8,110", "100001,A,8,110,more", "4104,A, B,8,110"]
)
def test_a_row_of_a_census_that_may_be_of_any_school_refuses_all(wrong: str) -> None:
    head = "URN,Name,NCyearActual,Headcount\n"
    reading = read(f"{head}100001,A,7,100\n100002,B,7,90\n{wrong}\n")
    assert reading.schools == ()
    assert {one.line for one in reading.problems} == {4}
    assert "no school in this file is changed" in reading.problems[-1].message
    noted = read(f"{head}100001,A,7,100\nSource: a census,,,\n")
    assert [one.roll for one in noted.schools] == [{"7": 100}], "a note holds no number of students"


def test_a_school_that_is_twice_in_a_list_is_refused_if_one_row_is_wrong_too() -> None:
    reading = read("URN,Name,Year 7\n100001,A,100\n100001,A,many\n100002,B,90\n")
    assert [one.number for one in reading.schools] == ["100002"]
    assert [one.line for one in reading.problems] == [2, 3]
    assert "2, 3" in reading.problems[0].message


@pytest.mark.parametrize(
    ("nation", "written", "number"),
    [
        (Nation.ENGLAND, "9", 9),
        (Nation.NORTHERN_IRELAND, "10", 9),
        (Nation.SCOTLAND, "S3", 9),
        (Nation.SCOTLAND, "9", None),
        (Nation.NORTHERN_IRELAND, "7", None),
        (Nation.NORTHERN_IRELAND, "14", 13),
        (Nation.ENGLAND, "6", 6),
        (Nation.WALES, "6", 6),
        (Nation.ENGLAND, "14", None),
        (Nation.SCOTLAND, "6", None),
    ],
)
def test_a_year_group_goes_by_its_nation(nation: Nation, written: str, number: int | None) -> None:
    assert year_number(written, nation) == number


@pytest.mark.parametrize("nation", list(Nation))
def test_our_template_is_read_by_ourselves(nation: Nation) -> None:
    reading = read_file(template_file(nation))
    assert not reading.problems
    (school,) = reading.schools
    assert school.nation is nation
    assert school.roll is not None
    assert min(map(int, school.roll)) == 7
    assert set(school.roll.values()) == {150}


@pytest.mark.parametrize(
    ("nation", "kind", "phase", "ours"),
    [
        (Nation.ENGLAND, "Academy converter", "Secondary", Phase.SECONDARY),
        (Nation.ENGLAND, "Community school", "Middle deemed secondary", Phase.MIDDLE),
        (Nation.ENGLAND, "Further education", "16 plus", Phase.SIXTH_FORM),
        (Nation.ENGLAND, "Sixth form centres", "16 plus", Phase.SIXTH_FORM),
        (Nation.ENGLAND, "Foundation special school", "Not applicable", Phase.SPECIAL),
        (Nation.ENGLAND, "Pupil referral unit", "Not applicable", Phase.ALTERNATIVE),
        (Nation.ENGLAND, "Academy alternative provision sponsor led", "", Phase.ALTERNATIVE),
        (Nation.ENGLAND, "Other independent school", "Not applicable", Phase.INDEPENDENT),
        (Nation.ENGLAND, "Academy sponsor led", "All-through", Phase.ALL_THROUGH),
        (Nation.ENGLAND, "Primary with Year 6", "", Phase.PRIMARY),
        (Nation.WALES, "Middle", "", Phase.ALL_THROUGH),
        (Nation.WALES, "Secondary", "", Phase.SECONDARY),
        (Nation.NORTHERN_IRELAND, "Grammar", "", Phase.SECONDARY),
        (Nation.NORTHERN_IRELAND, "Preparatory", "", None),
        (Nation.SCOTLAND, "primary", "", None),
    ],
)
def test_the_kinds_of_four_nations(
    nation: Nation, kind: str, phase: str, ours: Phase | None
) -> None:
    assert kind_of(kind, phase, nation) is ours


def test_a_primary_school_is_taken_with_its_year_6() -> None:
    head = "URN,EstablishmentName,PhaseOfEducation,StatutoryHighAge,Year 4,Year 5,Year 6,Year 7\n"
    rows = (
        "100001,Hill Primary,Primary,11,30,30,28,\n"
        "100002,Dale Primary,Primary,11,30,30,,\n"
        "100003,Vale Middle,Middle deemed primary,12,60,60,60,58\n"
        "100004,Park Special,Special,11,5,6,7,\n"
    )
    reading = read(head + rows)
    assert not reading.problems
    hill, dale, vale, park = reading.schools
    assert (hill.phase, hill.roll, hill.is_too_young) == (Phase.PRIMARY, {"6": 28}, False)
    assert dale.is_too_young, "no one of ours on roll"
    assert (vale.phase, vale.roll) == (Phase.MIDDLE, {"6": 60, "7": 58})
    assert (park.phase, park.roll) == (Phase.SPECIAL, {"6": 7})


def test_scotland_has_a_column_for_each_part() -> None:
    head = "Seed Code,LA Name,School Name,Primary,Secondary,Special\n"
    rows = (
        "5200001,North,A Academy,,812,\n5200002,North,B Primary,210,0,\n"
        "5200003,North,C School,Yes,Yes,No\n5200004,North,D School,,,45\n"
    )
    reading = read(head + rows)
    assert [one.phase for one in reading.schools] == [
        Phase.SECONDARY,
        None,
        Phase.ALL_THROUGH,
        Phase.SPECIAL,
    ]
    assert reading.schools[1].is_too_young


@pytest.mark.parametrize(
    ("nation", "heads"),
    [(Nation.NORTHERN_IRELAND, "Year 7,Year 8,Year 14"), (Nation.ENGLAND, "Year 5,Year 7,Year 13")],
)
def test_younger_students_are_passed_over_in_every_nation(nation: Nation, heads: str) -> None:
    (school,) = read(f"Name,{heads}\nA,30,150,70\n", nation=nation).schools
    assert school.roll == {"7": 150, "13": 70}
    (lines,) = read("Name,Year group,Students\nA,7,30\nA,8,150\n", nation=nation).schools
    first = {"7": 30, "8": 150} if nation is Nation.ENGLAND else {"7": 150}
    assert lines.roll == first


AS_OFFICES_WRITE_THEM = {
    "numbers as a spreadsheet writes them": (
        "URN,Name,Year 7,Year 8\n100001.0,A,105.0,110.00\n",
        Nation.ENGLAND,
        [("100001", "A", None, {"7": 105, "8": 110})],
    ),
    "commas in names between semicolons": (
        "Number;Name;Authority\n1;A, the;B, C, D, E\n2;Z, the;B, C, D, E\n",
        Nation.ENGLAND,
        [("1", "A, the", None, None), ("2", "Z, the", None, None)],
    ),
    "year groups in a second line of headings": (
        "URN,Name,Number on roll,,\n,,Year 7,Year 8,Year 9\n1,A,100,101,102\n",
        Nation.ENGLAND,
        [("1", "A", None, {"7": 100, "8": 101, "9": 102})],
    ),
    "how many there are in all": (
        "School Number,School Name,School Type,Sector,Pupils\n"
        "6714001,A,Secondary (ages 11-16),Secondary,900\n"
        "6605500,B,Primary/Secondary (ages 3-18),Middle,700\n",
        Nation.WALES,
        [("6714001", "A", Phase.SECONDARY, None), ("6605500", "B", Phase.ALL_THROUGH, None)],
    ),
    "who runs a school, and its parts": (
        "Seed Code,Centre Type,School Name,Primary Department,Secondary Department\n"
        "5244439,Local Authority,A,No,Yes\n5244440,Local Authority,B,Yes,No\n"
        "5244441,Local Authority,C,Yes,Yes\n",
        Nation.SCOTLAND,
        [
            ("5244439", "A", Phase.SECONDARY, None),
            ("5244440", "B", None, None),
            ("5244441", "C", Phase.ALL_THROUGH, None),
        ],
    ),
    "post-primary": (
        "Institution Search\n\n\nDE Ref,Institution Name,Institution Type\n"
        "123-0026,A,Post-primary\n103-6700,B,Primary\n",
        Nation.NORTHERN_IRELAND,
        [("1230026", "A", Phase.SECONDARY, None), ("1036700", "B", None, None)],
    ),
}


@pytest.mark.parametrize("case", AS_OFFICES_WRITE_THEM.values(), ids=AS_OFFICES_WRITE_THEM)
def test_lists_as_offices_write_them(case: tuple[str, Nation, list[tuple[object, ...]]]) -> None:
    text, nation, schools = case
    reading = read(text, nation=nation)
    assert not reading.problems
    found = [(one.number, one.name, one.phase, one.roll) for one in reading.schools]
    assert found == schools


@pytest.mark.parametrize(
    "kind",
    [
        "Higher education institutions",
        "Welsh establishment",
        "Offshore schools",
        "British schools overseas",
    ],
)
def test_what_is_no_school_of_the_nation(kind: str) -> None:
    head = "URN,EstablishmentName,TypeOfEstablishment (name)\n"
    (one,) = read(f"{head}100001,A,{kind}\n").schools
    assert one.is_not_ours


@pytest.mark.parametrize(
    "text",
    [
        "URN,Name,Lead name,Lead e-mail\n100001.0,A,Ada,ada@a.example\n",
        "URN,Name,E-mail,Seat\n0100001,Ada,ada@a.example,Deputy DSL\n",
    ],
)
def test_a_person_is_found_by_the_number_as_a_spreadsheet_writes_it(text: str) -> None:
    people = read_people(people_table(text.encode()), nation=Nation.ENGLAND)
    assert not people.problems
    assert [one.number for one in people.rows] == ["100001"]


def test_words_for_years_and_kinds() -> None:
    assert [year_written(one) for one in ("Year 9", "NC Year 10", "y_11", "S3", "Total")] == [
        "9",
        "10",
        "11",
        "S3",
        "",
    ]
    assert kind_of("Middle deemed primary", "") is Phase.MIDDLE
    assert kind_of("Academy", "All-through") is Phase.ALL_THROUGH
    assert kind_of("Independent special school", "") is Phase.SPECIAL
    assert short_name("London Borough of Camden") == short_name("Camden Council") == "camden"
    assert short_name("City of London") == "city of london" or short_name("City of London")


def test_a_status_that_is_neither_open_nor_closed_is_refused() -> None:
    head = "URN,EstablishmentName,EstablishmentStatus (name)\n"
    good = '1,A,Open\n2,B,\n3,C,"Open, but proposed to close"\n4,D,Closed\n'
    reading = read(head + good + "5,E,Shut\n")
    assert [one.is_closed for one in reading.schools] == [False, False, False, True]
    (wrong,) = reading.problems
    assert (wrong.line, wrong.column) == (6, "EstablishmentStatus (name)")
    assert "“Shut”" in wrong.message


def test_a_file_without_names_says_which_headings_it_has() -> None:
    with pytest.raises(FileError, match="Its headings are: URN, Title of place"):
        read("URN,Title of place\n1,A\n")


HEADINGS = b"URN,EstablishmentName\n"
MANY = 100_000

FLOODS = {
    "a byte order mark": (b"\xef\xbb\xbf", "empty"),
    "a byte order mark of UTF-16": (b"\xff\xfe", "empty"),
    "empty lines": (HEADINGS + b"\n" * MANY, "no rows"),
    "old ends of lines": (HEADINGS + b"\r" * MANY, "no rows"),
    "rows of separators": (HEADINGS + b",\n" * MANY, "no rows"),
    "one row of separators": (HEADINGS + b"," * MANY, "1,000 columns"),
    "headings": (b"a," * MANY + b"URN\n1\n", "1,000 columns"),
    "an open quotation mark": (HEADINGS + b'"' + b"a\n" * MANY, "never closed"),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_refused_before_it_fills_the_memory(name: str) -> None:
    flood, words = FLOODS[name]
    format_decimal(1_000)  # reads the tables of a language once, which take 5 MB
    tracemalloc.start()
    try:
        with pytest.raises(FileError) as refused:
            read_file(flood, nation=Nation.ENGLAND)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1_000_000 + 20 * len(flood)
    assert words in refused.value.message
