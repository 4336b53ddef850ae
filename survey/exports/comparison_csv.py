"""A comparison as a file for a spreadsheet: what its pages say, and no base next to a letter."""

from __future__ import annotations

import csv
import io

from survey.exports.csv import BYTE_ORDER_MARK, File, safe
from survey.releases.models import StoredComparison
from survey.reports.comparisons import wording as said
from survey.reports.comparisons.view_model import Distribution
from survey.reports.wording.labels import measure_label

COLUMNS = (
    "comparison_id", "figure", "answer", "label", "measure", "school", "name", "answered",
    "percent", "under", "at_least", "standing", "low_95", "high_95", "low_998", "high_998",
    "schools", "lower_quartile", "median", "upper_quartile", "all_students",
)  # fmt: skip


def comparison_csv(stored: StoredComparison, spread: Distribution) -> File:
    """One line for each school of each figure, in the order of their letters."""
    out = io.StringIO(newline="")
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in spread.figures:
        for school, standing in zip(spread.schools, one.funnel.standings, strict=True):
            limits = one.funnel.limits_of(standing.band)
            edges = (*limits.usual, *limits.wide) if limits else (None,) * 4
            line = (
                stored.release_hash[:12],
                one.figure.table,
                one.figure.answer,
                one.label,
                measure_label(one.measure),
                school.code,
                school.name,
                said.band(spread.band_of(school.code)),
                standing.percent,
                standing.under,
                standing.at_least,
                standing.verdict.value if standing.is_given else None,
                *edges,
                one.figure.given,
                one.figure.lower_quartile,
                one.figure.median,
                one.figure.upper_quartile,
                one.funnel.middle,
            )
            writer.writerow([safe(value) for value in line])
    name = f"comparison-{stored.release_hash[:12]}.csv"
    return File(name, "text/csv; charset=utf-8", out.getvalue().encode())
