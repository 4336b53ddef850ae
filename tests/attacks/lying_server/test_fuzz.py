"""Any file of a report, a comparison or several comparisons, changed at random and given to the
verifiers with a hash that fits: each change is refused in words, or is one of those listed here,
which say nothing that a reader could be hurt by."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import survey.disclosure.verify_comparison as verify_comparison_module
import survey.disclosure.verify_readers as verify_readers_module
from survey.disclosure.verify import Rejected
from survey.disclosure.verify_comparison import Rejected as ComparisonRejected
from survey.disclosure.verify_comparison import verify_comparison
from survey.disclosure.verify_readers import Rejected as ReadersRejected
from survey.disclosure.verify_readers import verify_readers
from tests.attacks.lying_server.mutations import Path, mutants
from tests.attacks.test_lying_server import (  # noqa: F401
    Pair,
    honest,
    judge,
    kept,
    written,
)
from tests.unit.reports.comparisons.test_all_schools import compared

HEADER = {
    "title": "t", "wave": 1, "school": "s", "template": "safety", "template_version": "2026.3",
    "opened_on": "2026-01-05", "closed_on": "2026-01-30", "code_hash": "ab" * 32,
    "roll": 210, "roll_y7": 100, "roll_y8": 110, "cards": 231, "cards_y7": 110, "cards_y8": 121,
    "extra_cards_y7": 5, "extra_cards_y7_reason_1": "lost",
}  # fmt: skip


def accepted(
    document: Any, check: Callable[[], object], rejected: type[Exception], seed: int, tries: int
) -> Counter[tuple[str, Path]]:
    """The changes that a verifier takes. Whatever it raises but its own refusal fails the test."""
    found: Counter[tuple[str, Path]] = Counter()
    check()
    for label in mutants(document, seed, tries):
        try:
            check()
        except rejected:
            continue
        found[label] += 1
    return found


def unexpected(found: Counter[tuple[str, Path]], harmless: Callable[..., bool]) -> list[Any]:
    return [(what, path) for what, path in found if not harmless(what, path)]


def harmless_in_release(what: str, path: Path) -> bool:
    """What names the survey cannot be checked against anything in the file. The order of a gate's
    answers says nothing. That a question was declared as it was asked is checked by
    `verify_questions.py`, which has the questionnaire."""
    return path[:1] == ("header",) or path[:2] == ("questions", "*")


@pytest.mark.parametrize("tries", [300, pytest.param(3000, marks=pytest.mark.slow)])
def test_a_changed_release(honest: Pair, tries: int) -> None:  # noqa: F811
    release, certificate = copy.deepcopy(honest)
    release["header"] = dict(HEADER)
    found = accepted(release, lambda: judge((release, certificate)), Rejected, tries, tries)
    assert unexpected(found, harmless_in_release) == []
    # Of the header, what is left to a liar: free words, and members that may be absent.
    assert {path[-1] for what, path in found if what not in ("leave_out", "put", "exchange")} <= {
        "title", "school", "answers", "*", "extra_cards_y7_reason_1", "years", "alone", "gate",
    }  # fmt: skip


@pytest.mark.parametrize("tries", [120, pytest.param(3000, marks=pytest.mark.slow)])
def test_a_changed_certificate(honest: Pair, tries: int) -> None:  # noqa: F811
    """Counts within an alternative may be exchanged where the result is as good."""
    release, certificate = copy.deepcopy(honest)
    right = certificate["release"]

    def check() -> None:
        if certificate.get("release") != right:
            raise Rejected("another hash")
        judge((release, certificate))

    found = accepted(certificate, check, Rejected, tries, tries)
    assert unexpected(found, lambda _what, path: "counts" in path) == []


def comparison() -> tuple[Any, list[str]]:
    releases = [kept(f"compared-{number}.release") for number in range(5)]
    found = json.loads(kept("comparison"))
    found["header"].update(
        bands="5", after=0, invited=6, compared=5, released_on="2026-01-05", kinds=1,
        policy="w5-1", code_version="0.1", code_hash="ab" * 32,
    )  # fmt: skip
    found["figures"] = found["figures"][:8]
    found["left_out"] = [
        {"table": "X1", "answer": "yes", "reason": "too_few_schools"},
        {"table": "X2", "answer": "no", "reason": "two_wordings"},
    ]
    return found, releases


def test_both_verifiers_of_comparisons_know_the_same_header() -> None:
    """What one of them accepts the other could reject: then it would not be published."""
    known = {*verify_comparison_module.HEADER, *verify_comparison_module.NUMBERED}
    assert known == set(verify_readers_module.HEADER)


def harmless_in_comparison(what: str, path: Path) -> bool:
    """What is left out says no figure, and figures in another order or fewer say no more. What a
    school is called, and its kind, is no part of its release."""
    return (
        path[:1] in (("header",), ("left_out",))
        or path in (("figures",), ("figures", "*"))
        or path[-1] in ("name", "phase")
    )


@pytest.mark.parametrize("tries", [250, pytest.param(2500, marks=pytest.mark.slow)])
def test_a_changed_comparison(tries: int) -> None:
    found, releases = comparison()

    def check() -> None:
        verify_comparison(written(found), releases)

    taken = accepted(found, check, ComparisonRejected, tries, tries)
    assert unexpected(taken, harmless_in_comparison) == []
    assert not {("add", ()), ("add", ("header",)), ("add", ("left_out",))} & set(taken)
    assert not [path for what, path in taken if what in ("write_as_object", "look_alike")
                and path[-1] not in ("title", "name")]  # fmt: skip


@pytest.mark.parametrize("tries", [25, pytest.param(300, marks=pytest.mark.slow)])
def test_a_changed_comparison_with_year_groups(tries: int) -> None:
    """Figures by year group follow from the releases as well, whatever the header says of them."""
    made, releases = compared()
    found = json.loads(made.to_json())
    named = {(one["table"], one["answer"]) for one in found["years"][:12]}
    found["figures"] = [one for one in found["figures"] if (one["table"], one["answer"]) in named]
    found["years"] = [one for one in found["years"] if (one["table"], one["answer"]) in named]

    def check() -> None:
        verify_comparison(written(found), list(releases))

    taken = accepted(found, check, ComparisonRejected, tries, tries)
    orders = ("exchange", ("years", "*")), ("reorder", ("years",)), ("reorder", ("figures",))
    assert (
        unexpected(
            taken,
            lambda what, path: (
                (what, path) in orders
                or (path[0] == "header" and path[-1] not in ("years_of", "since_of", "since"))
                or path[:1] == ("left_out",)
                or path[-1] in ("name", "phase")
                or (what, path) == ("exchange", ("figures", "*"))
            ),
        )
        == []
    )


@pytest.mark.parametrize("tries", [400, pytest.param(4000, marks=pytest.mark.slow)])
def test_changed_comparisons_of_several_readers(tries: int) -> None:
    """Figures are for the other verifier. Nothing is added, and nothing is of another kind."""
    found, _releases = comparison()
    other = copy.deepcopy(found)
    other["header"]["title"] = "Another reader"

    def check() -> None:
        verify_readers([written(found), written(other)])

    taken = accepted(found, check, ReadersRejected, tries, tries)
    assert [path for what, path in taken if what in ("add", "write_as_object")] == []
    assert {path[-1] for what, path in taken if what == "look_alike"} <= {"title", "name"}
    assert [path for _what, path in taken if path in ((), ("schools",), ("releases",))] == []
