"""The tables that `benchmarks.nation` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean, stdev
from typing import TYPE_CHECKING

from benchmarks.nation_growth import Grown, Pages
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
    from benchmarks.nation import Found, Measured

STEPS = ("cards", "close", "certify", "draw")

AUTHORITIES = 210
"""So that an authority has twenty schools."""

COPIES = 3
MONTHS = 13
"""How long answers, and then reports, are kept in the reckoning."""


def whole(found: Found) -> str:
    """What was measured at each school, and what the nation needs."""
    return "\n".join(
        [
            *_sample(found.sample),
            "",
            *_lines(found.sample),
            "",
            *_totals(found),
            "",
            *_compared(found),
        ]
    )


def growth(grown: Sequence[Grown]) -> str:
    """What grows with what is stored."""
    return "\n".join(["", *_grown(grown)])


def _sample(sample: Sequence[Measured]) -> Iterator[str]:
    yield (
        "| on roll | responses | cards, CPU s | close | certify | draw | cards and boxes, MB"
        " | report, kB | drawn, MB |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for one in sorted(sample, key=lambda one: one.roll):
        cpu = {name: used.app + used.database for name, used in one.steps.items()}
        yield (
            f"| {one.roll} | {one.responses} | {cpu['cards']:.1f} | {cpu['close']:.2f}"
            f" | {cpu['certify']:.1f} | {cpu['draw']:.1f} | {one.bytes_open / 1e6:.1f}"
            f" | {one.bytes_report / 1000:.0f} | {one.bytes_drawn / 1e6:.1f} |"
        )


def _lines(sample: Sequence[Measured]) -> Iterator[str]:
    """The straight line of each step, and how far the schools are from it."""
    yield "| CPU seconds | a school | 1,000 responses | explained by size | furthest off |"
    yield "|---|---|---|---|---|"
    for step in STEPS:
        seconds = [one.steps[step].app + one.steps[step].database for one in sample]
        fit = _line(sample, seconds)
        off = max(
            abs(spent - fit.each - fit.more * one.responses)
            for one, spent in zip(sample, seconds, strict=True)
        )
        yield (
            f"| {step} | {fit.each:.2f} | {1000 * fit.more:.2f} | {fit.explained:.0%} | {off:.1f} |"
        )


def _totals(found: Found) -> Iterator[str]:
    hours = list(_hours(found))
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
    for name, size in _bytes(found.sample, found.pages):
        yield f"| {name} | {_one(size)} |"
        stored = size if name == "at most, open and closed together" else stored
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


def _hours(found: Found) -> Iterator[tuple[str, Total, Total, str]]:
    sample, pages, compared = found.sample, found.pages, found.compared
    yield (
        "pages and Send, over HTTP",
        _a_response(pages.app),
        _a_response(pages.database),
        "one size",
    )
    for step in STEPS:
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
    if found.certified:
        drawn = Total(AUTHORITIES * found.certified.drawn / 3600, 0)
        yield f"draw {AUTHORITIES} comparisons", drawn, Total(0, 0), "one measured"


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
    yield "charts, pages and files of reports", gigabytes([one.bytes_drawn for one in sample])
    yield "reports with certificates", gigabytes([one.bytes_report for one in sample])
    yield "write-ahead log of pages and Send", Total(pages.log_bytes * RESPONSES / 1e9, 0)
    yield "write-ahead log of close", gigabytes([one.steps["close"].log_bytes for one in sample])


def _compared(found: Found) -> Iterator[str]:
    yield "| schools compared | CPU s | a school | memory, MB |"
    yield "|---|---|---|---|"
    for one in found.compared:
        each = one.cpu / one.schools
        yield f"| {one.schools} | {one.cpu:.1f} | {each:.2f} | {one.memory:.0f} |"
    if sample := found.certified:
        yield (
            f"| {sample.schools} of the sample, certified and stored | {sample.cpu:.1f}"
            f" | {sample.cpu / sample.schools:.2f} | |"
        )


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
