"""The program that checks the comparisons of several readers: what it takes and refuses."""

from __future__ import annotations

import copy
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from survey.disclosure import verify_readers as program
from survey.disclosure.verify_readers import Rejected, verify_readers


def report(at: int) -> str:
    return sha256(str(at).encode()).hexdigest()


def comparison(chosen: range | list[int], bands: str | None = None, **header: Any) -> Any:
    """Without figures: the rule is about the header, the reports and the schools."""
    hashes = sorted(report(at) for at in chosen)
    seed = "".join(hashes)
    order = sorted(hashes, key=lambda name: sha256(f"{seed} {name}".encode()).hexdigest())
    known = {report(at): at for at in chosen}
    return {
        "format": program.FORMAT,
        "header": {"bands": bands or str(len(hashes)), "after": 1, **header},
        "releases": hashes,
        "schools": [
            {
                "code": program._letters(at),
                "name": None,
                "phase": "secondary",
                "size": "under_600",
                "years": ["y7"],
                "responded": 100 * (1 + known[name]),
            }
            for at, name in enumerate(order)
        ],
        "figures": [],
        "left_out": [],
    }


def check(*found: Any) -> list[str]:
    return verify_readers([json.dumps(one) for one in found])


WHOLE = comparison(range(12))


@pytest.mark.parametrize(
    ("second", "accepted"),
    [
        (comparison(range(5)), True),
        (comparison(range(6, 18)), True),
        (comparison(range(12, 20)), True),
        (comparison(range(11)), False),
        (comparison([*range(11), 12]), False),
        (comparison(range(8, 16)), False),
        (comparison(range(6), "3,3"), True),  # the second reader sees threes alone
        (comparison(range(5, 15), "3,7"), False),  # three and four of the authority's
    ],
)
def test_sets_of_schools(second: Any, accepted: bool) -> None:
    if accepted:
        assert any("no letter better" in line for line in check(WHOLE, second))
        return
    with pytest.raises(Rejected):
        check(WHOLE, second)


def test_three_comparisons_are_held_against_each_other() -> None:
    second, third = comparison(range(7)), comparison([*range(2, 7), *range(20, 25)])
    check(WHOLE, second)
    with pytest.raises(Rejected):
        check(WHOLE, second, third)


def test_a_school_with_a_name_is_known_in_all() -> None:
    second = comparison(range(5))
    for one in second["schools"]:
        one["name"] = "A school"
    check(WHOLE, second)
    more = comparison(range(8))
    for one in more["schools"]:
        one["name"] = "A school"
    with pytest.raises(Rejected, match="fewer than 5"):
        check(WHOLE, more)


def test_kinds_of_school_count_where_they_are_shown() -> None:
    first = comparison(range(12), after=0)
    second = comparison(range(6))
    check(first, second)
    for one in first["schools"]:
        one["phase"] = "special" if one["responded"] <= 300 else "secondary"
    with pytest.raises(Rejected):
        check(first, second)
    first["header"]["kinds"] = 0
    check(first, second)


def _no_header(one: Any) -> None:
    one["header"]["bands"] = "12.0"


def _another_letter(one: Any) -> None:
    one["schools"][0]["code"] = "ZZ"


def _two_letters(one: Any) -> None:
    one["schools"][0]["code"] = one["schools"][1]["code"]


def _another_report(one: Any) -> None:
    one["releases"][0] = "0"


def _report_twice(one: Any) -> None:
    one["releases"][0] = one["releases"][1]


def _bands_of_others(one: Any) -> None:
    one["header"]["bands"] = "5,8"


def _kinds_as_a_word(one: Any) -> None:
    one["header"]["kinds"] = "no"


def _more(one: Any) -> None:
    one["aside"] = {}


@pytest.mark.parametrize(
    "tamper",
    [
        _no_header, _another_letter, _two_letters, _another_report, _report_twice,
        _bands_of_others, _kinds_as_a_word, _more,
    ],
)  # fmt: skip
def test_what_was_changed_is_refused(tamper: Any) -> None:
    check(WHOLE, comparison(range(5)))
    changed = copy.deepcopy(WHOLE)
    tamper(changed)
    with pytest.raises(Rejected):
        check(changed, comparison(range(5)))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"format": 1}', '{"a":1,"a":2}', "[" * 20, '{"a":1.5}', '{"a":123456789}'],
)
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        verify_readers([text, json.dumps(WHOLE)])


def test_one_comparison_or_the_same_one_twice_is_refused() -> None:
    for given in ([WHOLE], [WHOLE, WHOLE]):
        with pytest.raises(Rejected):
            check(*given)


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = []
    for at, one in enumerate((WHOLE, comparison(range(5)), comparison(range(11)))):
        (tmp_path / f"{at}.json").write_text(json.dumps(one))
        names.append(str(tmp_path / f"{at}.json"))
    assert program.main(names[:2]) == 0
    assert "ACCEPTED" in capsys.readouterr().out
    assert program.main([names[0], names[2]]) == 1
    assert "REJECTED" in capsys.readouterr().out
    assert program.main(names[:1]) == 2
    assert program.main([names[0], str(tmp_path / "none.json")]) == 2
    (tmp_path / "3.json").write_text(json.dumps({**WHOLE, "schools": [{}] * 12}))
    assert program.main([names[1], str(tmp_path / "3.json")]) == 1
