"""The tables that `benchmarks.nation` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean, stdev
from typing import TYPE_CHECKING

from benchmarks.nation_growth import Compared, Grown, Pages
from benchmarks.nation_sizes import (
    EUROS_A_GIGABYTE_MONTH,
    MACHINES,
    RESPONSES,
    SCHOOLS,
    STUDENT_T,
    Line,
    Total,
    line,
    response_rate,
    rolls,
)

if TYPE_CHECKING:
    from benchmarks.nation import Measured

AUTHORITIES = 210
"""So that an authority has twenty schools."""

COPIES = 3
MONTHS = 13
"""How long answers, and then reports, are kept in the reckoning."""


def whole(
    sample: Sequence[Measured],
    pages: Pages,
    compared: Sequence[Compared],
) -> str:
    """What was measured at each school, and what the nation needs."""
    return "\n".join(
        [
            *_sample(sample),
            "",
            *_totals(sample, pages, compared),
            "",
            *_compared(compared),
        ]
    )


def growth(grown: Sequence[Grown]) -> str:
    """What grows with what is stored."""
    return "\n".join(["", *_grown(grown)])


def _sample(sample: Sequence[Measured]) -> Iterator[str]:
    yield "| on roll | responses | cards, CPU s | close | certify | GB a 1,000 | report, kB |"
    yield "|---|---|---|---|---|---|---|"
    for one in sorted(sample, key=lambda one: one.roll):
        cpu = {name: used.app + used.database for name, used in one.steps.items()}
        yield (
            f"| {one.roll} | {one.responses} | {cpu['cards']:.1f} | {cpu['close']:.2f}"
            f" | {cpu['certify']:.1f} | {one.bytes_open / one.roll / 1e6:.4f}"
            f" | {one.bytes_report / 1000:.0f} |"
        )


def _totals(
    sample: Sequence[Measured], pages: Pages, compared: Sequence[Compared]
) -> Iterator[str]:
    hours = list(_hours(sample, pages, compared))
    yield f"{SCHOOLS:,} schools, {sum(rolls(SCHOOLS)):,} on roll, {RESPONSES:,} responses"
    yield f"({response_rate():.0%} answer). Intervals are of 95 %, from the sample alone."
    yield ""
    yield "| | CPU hours | of the database | explained by size |"
    yield "|---|---|---|---|"
    total = Total(0, 0)
    for name, app, theirs, explained in hours:
        both = app.plus(theirs)
        total = total.plus(both)
        yield f"| {name} | {_one(both)} | {_one(theirs)} | {explained} |"
    yield f"| together | {_one(total)} | | |"
    yield ""
    yield "| | GB |"
    yield "|---|---|"
    stored = Total(0, 0)
    for name, found in _bytes(sample, pages):
        yield f"| {name} | {_one(found)} |"
        stored = found if name == "at most, open and closed together" else stored
    yield ""
    yield "| machine | processors | hours if one does all | euros of processors |"
    yield "|---|---|---|---|"
    for machine in MACHINES:
        each = total.times(1 / machine.processors)
        yield (
            f"| {machine.name}, {machine.gigabytes} GB | {machine.processors} | {_one(each)}"
            f" | {_one(each.times(machine.euros_an_hour))} |"
        )
    disk = stored.times(COPIES * MONTHS * EUROS_A_GIGABYTE_MONTH)
    yield ""
    yield (
        f"Disk for {COPIES} copies over {MONTHS} months at"
        f" {EUROS_A_GIGABYTE_MONTH} euros a GB and month: {_one(disk)} euros."
    )


def _hours(
    sample: Sequence[Measured], pages: Pages, compared: Sequence[Compared]
) -> Iterator[tuple[str, Total, Total, str]]:
    yield (
        "pages and Send, over HTTP",
        _a_response(pages.app),
        _a_response(pages.database),
        "one size",
    )
    for step in ("cards", "close", "certify"):
        app = _line(sample, [one.steps[step].app for one in sample])
        theirs = _line(sample, [one.steps[step].database for one in sample])
        yield (
            step,
            app.over(SCHOOLS, RESPONSES).times(1 / 3600),
            theirs.over(SCHOOLS, RESPONSES).times(1 / 3600),
            f"{app.explained:.0%}",
        )
    cpu = line([one.schools for one in compared], [one.cpu for one in compared])
    seconds = cpu.over(AUTHORITIES, SCHOOLS)
    name = f"compare, {AUTHORITIES} authorities of {SCHOOLS // AUTHORITIES}"
    yield name, seconds.times(1 / 3600), Total(0, 0), f"{cpu.explained:.0%}"


def _a_response(seconds: Sequence[float]) -> Total:
    error = STUDENT_T[len(seconds) - 1] * stdev(seconds) / len(seconds) ** 0.5
    return Total(mean(seconds), error).times(RESPONSES / 3600)


def _line(sample: Sequence[Measured], needed: Sequence[float]) -> Line:
    return line([one.responses for one in sample], needed)


def _bytes(sample: Sequence[Measured], pages: Pages) -> Iterator[tuple[str, Total]]:
    def gigabytes(needed: Sequence[float]) -> Total:
        return _line(sample, needed).over(SCHOOLS, RESPONSES).times(1e-9)

    boxes = gigabytes([one.bytes_open for one in sample])
    closed = gigabytes([one.bytes_closed for one in sample])
    yield "sealed boxes, while all surveys are open", boxes
    yield (
        "at most, open and closed together",
        gigabytes([max(one.bytes_open, one.bytes_closed) for one in sample]),
    )
    yield "answers, once all are closed", closed
    yield "reports with certificates", gigabytes([one.bytes_report for one in sample])
    yield "write-ahead log of pages and Send", Total(pages.log_bytes * RESPONSES / 1e9, 0)
    yield "write-ahead log of close", gigabytes([one.steps["close"].log_bytes for one in sample])


def _compared(compared: Sequence[Compared]) -> Iterator[str]:
    yield "| schools compared | CPU s | a school |"
    yield "|---|---|---|"
    for one in compared:
        yield f"| {one.schools} | {one.cpu:.1f} | {one.cpu / one.schools:.2f} |"


def _grown(grown: Sequence[Grown]) -> Iterator[str]:
    yield "| codes of others | stored, GB | a close of 400 cards, s | a night, s |"
    yield "|---|---|---|---|"
    for one in grown:
        what = ", half of the answers erased" if one.erased else ""
        yield (f"| {one.codes:,}{what} | {one.gigabytes:.2f} | {one.close:.2f} | {one.night:.2f} |")


def _one(total: Total) -> str:
    if total.value >= 100:
        return f"{total.value:,.0f} ± {total.error:,.0f}"
    return f"{total.value:,.1f} ± {total.error:,.1f}"
