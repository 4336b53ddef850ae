"""A comparison of five schools, small enough to read whole."""

from __future__ import annotations

from survey.reports.comparisons.comparison_document import (
    ComparedFigure,
    ComparedSchool,
    Comparison,
    LeftOutReason,
    LeftOutSchool,
    OutlierDirection,
    Printed,
    SchoolFigure,
    SizeBand,
)

YEARS = ("y7", "y8", "y9", "y10", "y11")

SCHOOLS = (
    ComparedSchool("A", None, "secondary", SizeBand.TO_1000, YEARS, 640),
    ComparedSchool("B", "Northmoor High School", "secondary", SizeBand.TO_1500, YEARS, 900),
    ComparedSchool("C", None, "all_through", SizeBand.UNDER_600, YEARS, 420),
    ComparedSchool("D", None, "secondary", SizeBand.OVER_1500, (*YEARS, "y12", "y13"), 1210),
    ComparedSchool("E", None, "special", SizeBand.UNDER_600, YEARS, 60),
)

TOILETS = ComparedFigure(
    table="B2.toilets",
    answer="feel_unsafe",
    schools=(
        SchoolFigure("A", Printed.SHOWN, 600, 120, 20, low=16, high=24),
        SchoolFigure(
            "B", Printed.SHOWN, 850, 340, 40, low=36, high=44, apart=OutlierDirection.ABOVE
        ),
        SchoolFigure("C", Printed.SHOWN, 400, 100, 25, low=21, high=30),
        SchoolFigure(
            "D", Printed.SHOWN, 1150, 260, 23, low=20, high=26, apart=OutlierDirection.BELOW
        ),
        SchoolFigure("E", Printed.FEWER_THAN, 50, limit=5, under=10, low=0, high=22),
    ),
    given=5,
    lower_quartile=20,
    median=23,
    upper_quartile=25,
    middle=27,
    base=3050,
)

HARM = ComparedFigure(
    table="@harm_any",
    answer="yes",
    schools=(
        SchoolFigure("A", Printed.SHOWN, 600, 210, 35, low=31, high=39),
        SchoolFigure("B", Printed.SHOWN, 850, 310, 36, low=33, high=40),
        SchoolFigure("C", Printed.SHOWN, 400, 150, 38, low=32, high=43),
        SchoolFigure("D", Printed.SHOWN, 1150, 400, 35, low=32, high=38),
        SchoolFigure("E", Printed.SHOWN, 50, 20, 40, low=27, high=54),
    ),
    given=5,
    lower_quartile=35,
    median=36,
    upper_quartile=38,
    middle=36,
    base=3050,
)

EXAMPLE = Comparison(
    header={
        "title": "Northmoor safety survey",
        "wave": 1,
        "template": "safety",
        "template_version": "2026.3",
        "policy": "ten-everywhere-1",
        "code_version": "0.1.0",
        "released_on": "2026-12-21",
        "invited": 6,
        "compared": 5,
    },
    releases=("1a", "2b", "3c", "4d", "5e"),
    schools=SCHOOLS,
    figures=(TOILETS, HARM),
    left_out=(LeftOutSchool("H2.touch", "to_me", LeftOutReason.TOO_FEW_SCHOOLS),),
)
