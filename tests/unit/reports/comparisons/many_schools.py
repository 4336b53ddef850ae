"""A comparison of nine invented schools, with everything in it that a page may meet."""

from __future__ import annotations

from math import ceil
from random import Random

from survey.disclosure.figures import wilson
from survey.questionnaires.load import load_all
from survey.releases.tabulation_plan import plan
from survey.reports.comparisons.build_comparison import quartile
from survey.reports.comparisons.comparison_document import (
    ComparedFigure,
    ComparedSchool,
    Comparison,
    LeftOutReason,
    LeftOutSchool,
    Printed,
    SchoolFigure,
    SizeBand,
)

TEMPLATE = load_all()["safety", "2026.3"]
RESPONDED = (1210, 640, None, 420, 1190, 430, 660, 415, 900)
NAMED = {"G": "Northmoor High School"}
LETTERS = "ABCDEFGHI"
YEARS = ("y7", "y8", "y9", "y10", "y11")


def share_of(code: str, share: float, base: int) -> SchoolFigure:
    """As a release prints it, to the nearest ten."""
    count = 10 * round(share * base / 10)
    if count == 0:
        under = ceil(500 / base)
        return SchoolFigure(code, Printed.FEWER_THAN, base, limit=5, under=under, low=0, high=under)
    if count == base:
        least = 100 - ceil(500 / base)
        return SchoolFigure(
            code, Printed.ALL_BUT_FEWER, base, limit=5, at_least=least, low=least, high=100
        )
    low, high = wilson(count, base)
    percent = round(100 * count / base)
    return SchoolFigure(code, Printed.SHOWN, base, count, percent, low=low, high=high)


def make_figure(table: str, answer: str, schools: list[SchoolFigure]) -> ComparedFigure:
    given = [one for one in schools if one.base is not None]
    places = sorted(one.place or 0 for one in given)
    base = sum(one.base or 0 for one in given)
    total = sum((one.place or 0) * (one.base or 0) for one in given)
    return ComparedFigure(
        table=table,
        answer=answer,
        schools=tuple(schools),
        given=len(given),
        lower_quartile=quartile(places, 1),
        median=quartile(places, 2),
        upper_quartile=quartile(places, 3),
        middle=round(total / base),
        base=base,
    )


def make_many(wanted: frozenset[str] | None) -> Comparison:
    """Of the questions and indicators that are wanted; None for all."""
    random = Random(9)
    figures = []
    for one in plan(TEMPLATE):
        about = one.key.split(".")[0].split(":")[0]
        if not one.is_core or (wanted is not None and about not in wanted):
            continue
        for answer in one.figures:
            usual = random.uniform(0.01, 0.5)
            schools = []
            for code, responded in zip(LETTERS, RESPONDED, strict=True):
                if responded is None:
                    schools.append(SchoolFigure(code, Printed.HIDDEN))
                elif random.random() < 0.04:
                    schools.append(SchoolFigure(code, Printed.NOT_ASKED))
                else:
                    own = min(0.99, max(0.0, random.gauss(usual, usual / 5)))
                    if random.random() < 0.05:
                        own = random.choice((0.0, 0.95, min(0.99, 2.2 * usual)))
                    base = responded - 10 * random.randrange(0, 4)
                    schools.append(share_of(code, own, base))
            figures.append(make_figure(one.key, answer, schools))
    high = (1.0, 0.95, 0.9, 0.97, 0.0, 1.0, 0.93, 0.9, 0.96)
    full = [
        share_of(code, share, base or 100)
        for code, share, base in zip(LETTERS, high, RESPONDED, strict=True)
    ]
    full[2] = SchoolFigure("C", Printed.HIDDEN)
    apart = ("@trust", "yes"), ("H2.touch", "happened")
    figures = [one for one in figures if (one.table, one.answer) not in apart]
    figures.append(make_figure("@trust", "yes", full))
    return Comparison(
        header={
            "title": "Northmoor safety survey", "wave": 1, "template": "safety",
            "template_version": "2026.3", "policy": "p", "code_version": "0.1.0",
            "released_on": "2026-12-21", "invited": 11, "compared": 9,
        },
        releases=tuple(f"{at}{at}" for at in range(9)),
        schools=tuple(
            ComparedSchool(
                code,
                NAMED.get(code),
                "special" if responded is None else "secondary",
                SizeBand.UNSAID,
                YEARS,
                responded,
            )
            for code, responded in zip(LETTERS, RESPONDED, strict=True)
        ),
        figures=tuple(figures),
        left_out=(LeftOutSchool("H2.touch", "happened", LeftOutReason.TOO_FEW_SCHOOLS),),
    )  # fmt: skip


WANTED = frozenset({"B2", "D1", "@harm_any", "@trust", "@belong", "@missed"})
MANY = make_many(WANTED)
