"""What the pages of a release claim is tested elsewhere, or not claimed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

import survey
from survey.disclosure.audit.constraints import ContradictionError
from survey.disclosure.audit.solver import SolverError
from survey.disclosure.verify import Rejected
from survey.disclosure.verify_questions import Rejected as DeclaredOtherwise
from survey.releases import certified_figures

PAGES = [
    path
    for folder in ("releases", "reports", "actions")
    for path in sorted((Path(survey.__file__).parent / folder).rglob("*"))
    if path.suffix in (".html", ".py")
]
A_TIME = re.compile(
    r"(up to|less than|within|takes?|about) (a|an|one|two|some|\d+) (minute|hour)", re.I
)


def test_no_page_says_how_long_the_audit_takes() -> None:
    """It depends on the school, the server, and what else that does."""
    assert PAGES
    found = [f"{path.name}: {one}" for path in PAGES for one in A_TIME.findall(path.read_text())]
    assert found == []


@pytest.mark.parametrize(
    "problem",
    [
        SolverError("unknown"),
        ContradictionError("no table"),
        Rejected("finer"),
        DeclaredOtherwise("no gate"),
    ],
)
def test_what_is_not_certain_is_refused_with_a_reason(
    problem: Exception, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def uncertain(*_: object) -> None:
        raise problem

    monkeypatch.setattr(certified_figures, "publish", uncertain)
    prepared = certified_figures.PreparedRelease(None, {}, b"", "")  # type: ignore[arg-type]
    with app.test_request_context(), pytest.raises(certified_figures.NotCertifiedError) as refused:
        certified_figures.certified(prepared)
    assert "nothing was published" in str(refused.value.message)
