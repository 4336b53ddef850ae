"""Our half of the comparison: `python -m benchmarks.peers.our_half [--submissions 60]`.

The survey of 40 questions on 12 pages, launched in this product and sent by students as in
`benchmarks.submissions`. What it takes next to another product is in README.md in this folder.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, middle, table
from benchmarks.peers import survey_of_40
from benchmarks.servers import HERE, World, make_world
from benchmarks.submissions import AT_ONCE, WARM_UP, Round, rounds


def measure(*, quick: bool, submissions: int = 60) -> Iterator[Figure]:
    """What a submission of the common survey costs here."""
    count = 2 if quick else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        survey_of_40.write(folder)
        world: World = make_world(
            HERE,
            folder,
            f"sqlite:///{folder}/survey.db",
            count=count * (submissions + WARM_UP),
            template=folder / "survey-of-40.toml",
        )
        done: list[Round] = list(rounds(world, count, submissions, alone=False))
        lost = len(done) * (submissions + WARM_UP) - world.used()
    what = f"{survey_of_40.QUESTIONS} questions on {survey_of_40.PAGES} pages"
    cpu, rate = (middle(getattr(one, name) for one in done) for name in ("cpu", "rate"))
    yield Figure(f"{what}: server CPU a submission", cpu, None, "s")
    yield Figure(
        f"{what}: submissions a second, {AT_ONCE} at once", rate, None, "/s", at_least=True
    )
    yield Figure(f"{what}: bytes of a submission", done[0].size, None, "B")
    yield Figure(f"{what}: lost", lost, 0, "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--submissions", type=int, default=60, help="in each of five rounds")
    print(table(measure(quick=False, submissions=parser.parse_args().submissions)))


if __name__ == "__main__":
    sys.exit(main())
