"""Our half of the comparison: `python -m benchmarks.peers.our_half [--submissions 60]
[--limesurvey ADDRESS NUMBER]`.

The survey of 40 questions on 12 pages, launched in this product and sent by students as in
`benchmarks.submissions`, and our own survey of 35 pages. With the address of a LimeSurvey that runs
on this machine and the number of the same survey there, both are measured in turn, round by round,
and the ratio is printed. README.md in this folder says how to set it up.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, middle, table
from benchmarks.peers import limesurvey_client, survey_of_40
from benchmarks.servers import HERE, World, make_world
from benchmarks.submissions import AT_ONCE, WARM_UP, Round, rounds

PROGRAMS = ["php-fpm8.2", "php-fpm", "mariadbd", "nginx", "caddy", "apache2"]
LIMESURVEY_SUBMISSIONS, LIMESURVEY_AT_ONCE = 8, 4
Limesurvey = tuple[str, str]


def measure(
    *, quick: bool, submissions: int = 60, limesurvey: Limesurvey | None = None
) -> Iterator[Figure]:
    """What a submission costs here, and in LimeSurvey: the common survey, and ours."""
    count = 2 if quick else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        survey_of_40.write(folder)
        worlds = {
            f"{survey_of_40.QUESTIONS} questions on {survey_of_40.PAGES} pages": _world(
                folder / "common", count * (submissions + WARM_UP), folder / "survey-of-40.toml"
            ),
            "our own survey of 35 pages": _world(
                folder / "own", count * (submissions + WARM_UP), None
            ),
        }
        going = {what: rounds(one, count, submissions, alone=False) for what, one in worlds.items()}
        done: dict[str, list[Round]] = {what: [] for what in worlds}
        theirs: list[tuple[int, float, float]] = []
        for _round in range(count):
            theirs += [_theirs(*limesurvey)] if limesurvey else []
            for what, one in going.items():
                done[what].append(next(one))
        lost = sum(count * (submissions + WARM_UP) - one.used() for one in worlds.values())
    their_cpu, their_rate = (
        (middle(one[place] for one in theirs) for place in (1, 2)) if theirs else (None, None)
    )
    for what, all_rounds in done.items():
        cpu, rate = (middle(getattr(one, name) for one in all_rounds) for name in ("cpu", "rate"))
        yield Figure(f"{what}: server CPU a submission", cpu, None, "s", before=their_cpu)
        yield Figure(
            f"{what}: submissions a second, {AT_ONCE} at once",
            rate, None, "/s", at_least=True, before=their_rate,
        )  # fmt: skip
        yield Figure(f"{what}: bytes of a submission", all_rounds[0].size, None, "B")
    yield Figure("lost", lost, 0, "")


def _world(folder: Path, count: int, template: Path | None) -> World:
    folder.mkdir()
    database = f"sqlite:///{folder}/survey.db"
    return make_world(HERE, folder, database, count=count, template=template)


def _theirs(address: str, number: str) -> tuple[int, float, float]:
    limesurvey_client.walk(address, number)  # PHP has compiled its files
    return limesurvey_client.measured(
        address,
        number,
        LIMESURVEY_SUBMISSIONS,
        LIMESURVEY_AT_ONCE,
        lambda: limesurvey_client.cpu_of_programs(PROGRAMS),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--submissions", type=int, default=60, help="in each round")
    parser.add_argument("--limesurvey", nargs=2, metavar=("ADDRESS", "NUMBER"))
    parser.add_argument("--quick", action="store_true", help="two rounds in place of five")
    given = parser.parse_args()
    both = (given.limesurvey[0], given.limesurvey[1]) if given.limesurvey else None
    if both:
        print("The column 'before' is LimeSurvey.")
    print(table(measure(quick=given.quick, submissions=given.submissions, limesurvey=both)))


if __name__ == "__main__":
    main()
