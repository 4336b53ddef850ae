"""`kill -9` around Send and at every step of a close: what students were thanked for is there once.

    nice -n 10 .venv/bin/python -m benchmarks.kills_ballots --kills 200 --engine sqlite
    nice -n 10 .venv/bin/python -m benchmarks.kills_ballots --what server --kills 20

- `send`: a process that takes answers is killed at some moment; a student without an answer sends
  again.
- `close`: a process that closes a survey is killed at each step in turn; the night ends the close.
- `server`: the server of production, with two workers and four students at once, is killed as a
  whole and started again; students press Send until they are thanked.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
import urllib.error
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from unittest.mock import patch

from flask import Flask

from benchmarks.kills import Place, place_on
from survey.database import database, folder_of
from survey.responses.ballot_box import upkeep
from tests.attacks.attackers import ballots
from tests.attacks.attackers.ballots import Sent
from tests.attacks.ballot_box import test_killed
from tests.integration.responses.doors import make_codes, raw_rows, used_codes
from tests.integration.responses.test_real_server import SEND, at_send, send
from tests.real_server import serving
from tests.world import World

EACH, CROWD = 6, 12
"""Students around one kill, of a process and of the whole server."""

A_DATABASE = 60
"""Kills in one survey, before its answers are counted one by one."""


def reused(app: Flask) -> Callable[..., Flask]:
    """In a fork, the app of its parent with separate connections: quicker than a new one."""

    def create(*_given: object, **_more: object) -> Flask:
        with app.app_context():
            database.engine.dispose(close=False)
        return app

    return create


def sends(place: Place, kills: int, random: Random) -> Iterator[tuple[Counter[str], list[str]]]:
    """Some kills in one survey; then every answer has to be there once."""
    world: World = place.world
    class_ = ballots.prepare(place.app, world.own, kills * EACH)
    for at in range(0, len(class_), EACH):
        part = class_[at : at + EACH]
        with patch.object(test_killed, "create_app", reused(place.app)):
            test_killed.kill_while_sending(place.app, place.settings, world.own, part, random)
        yield Counter({"around Send": 1}), []
    yield Counter(), lost_or_doubled(place, class_)


def lost_or_doubled(place: Place, class_: Sequence[Sent]) -> list[str]:
    """Closes the survey, and compares what it holds with what was sent."""
    used = used_codes(place.app)
    ballots.close(place.app, place.world.own)
    stored = Counter(str(row["answers"]) for row in raw_rows(place.app, "response"))
    sent = Counter(one.spelled for one in class_)
    checks = {
        f"{used} codes used of {len(class_)}": used == len(class_),
        f"{(sent - stored).total()} lost": not sent - stored,
        f"{(stored - sent).total()} doubled": not stored - sent,
    }
    return [words for words, is_right in checks.items() if not is_right]


def closes(place: Place, kills: int, _random: Random) -> Iterator[tuple[Counter[str], list[str]]]:
    """A kill at each step of a close in turn, each on the same open survey as it was before."""
    class_ = ballots.prepare(place.app, place.world.own, EACH + 2)
    ballots.send_all(place.app, place.world.own, class_[:EACH])
    with place.app.app_context():
        folder = folder_of(database.engine)
    keep(place, folder)
    steps = list(test_killed.STEPS)
    for number in range(kills):
        step = steps[number % len(steps)]
        back(place, folder)
        with patch.object(test_killed, "create_app", reused(place.app)):
            process = test_killed.in_a_process(
                test_killed.close_and_die, place.settings, place.world.own, step
            )
            process.join(test_killed.LONGEST)
        wrong = [] if process.exitcode == -9 else [f"not killed at the step “{step}”"]
        yield Counter({step: 1}), wrong + ended_wrong(place, class_[:EACH], folder)


def keep(place: Place, folder: Path) -> None:
    place.keep()
    shutil.copytree(folder, f"{folder}.before", dirs_exist_ok=True)


def back(place: Place, folder: Path) -> None:
    place.back()
    shutil.rmtree(folder)
    shutil.copytree(f"{folder}.before", folder)
    folder.chmod(0o700)


def ended_wrong(place: Place, class_: Sequence[Sent], folder: Path) -> list[str]:
    """Lets the night come by twice, and looks at what is there."""
    own = place.world.own
    if not raw_rows(place.app, "response"):  # it died before anything was committed: pressed again
        ballots.close(place.app, own)
    with place.app.app_context():
        hindered = [upkeep.close_overdue(ballots.TODAY)[1] for _night in range(2)]
    stored = Counter(str(row["answers"]) for row in raw_rows(place.app, "response"))
    checks = {
        f"hindered: {hindered}": hindered == [[], []],
        "answers lost or doubled": stored == Counter(one.spelled for one in class_),
        "codes are left": not raw_rows(place.app, "access_code"),
        "the key is left": not (folder / f"box-{own.wave_id}").exists(),
    }
    return [words for words, is_right in checks.items() if not is_right]


@dataclass
class Crowd:
    """Students who press Send at a server, four at once, until they are thanked or it is over."""

    address: str
    waiting: list[str]
    thanked: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> list[threading.Thread]:
        students = [threading.Thread(target=self._press) for _number in range(4)]
        for one in students:
            one.start()
        return students

    def _press(self) -> None:
        while not self.over.is_set():
            with self.lock:
                if not self.waiting:
                    return
                page = self.waiting.pop()
            was_thanked = is_thanked(f"{self.address}{page}")
            with self.lock:
                if was_thanked:
                    self.thanked += 1
                else:
                    self.waiting.append(page)


def servers(place: Place, kills: int, random: Random) -> Iterator[tuple[Counter[str], list[str]]]:
    """The whole server, killed while four students send at once."""
    for _kill in range(kills):
        codes = make_codes(place.app, place.world.own, year=9, count=CROWD)
        pages = [at_send(place.app, code) for code in codes]
        before = used_codes(place.app)
        place.let_go()
        with tempfile.TemporaryDirectory() as folder:
            yield (
                Counter({"the whole server": 1}),
                one_server(place, Path(folder), pages, before, random),
            )


def one_server(
    place: Place, folder: Path, pages: Sequence[str], before: int, random: Random
) -> list[str]:
    with serving(place.settings, folder, workers=2, threads=8) as server:
        crowd = Crowd(server.address, list(pages))
        students, wanted = crowd.start(), random.randrange(1, len(pages))
        while crowd.thanked < wanted:
            time.sleep(0.002)
        time.sleep(random.random() / 50)
        server.kill()
        crowd.over.set()
        for one in students:
            one.join()
    kept = used_codes(place.app) - before
    wrong = [f"{crowd.thanked} thanked, {kept} kept"] if kept < crowd.thanked else []
    place.let_go()
    with serving(place.settings, folder, workers=1) as server:
        if not all(is_thanked(f"{server.address}{page}") for page in pages):
            wrong.append("a student is not thanked after the restart")
    used = used_codes(place.app) - before
    place.let_go()
    return wrong if used == len(pages) else [*wrong, f"{used} stored of {len(pages)}"]


def is_thanked(address: str) -> bool:
    try:
        status, page = send(address, SEND)
    except (OSError, urllib.error.URLError):
        return False
    return status == 200 and "Thank you" in page


KINDS = {"send": sends, "close": closes, "server": servers}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--what", choices=KINDS, nargs="+", default=["send", "close"])
    parser.add_argument("--kills", type=int, default=100, help="of each kind")
    parser.add_argument("--seconds", type=float, default=3600.0, help="stop after so long, each")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    random, killed, wrong = Random(chosen.seed), Counter[str](), list[str]()
    for what in chosen.what:
        begun, done = time.monotonic(), 0
        while done < chosen.kills and time.monotonic() - begun < chosen.seconds:
            part = min(A_DATABASE, chosen.kills - done)
            with place_on(chosen.engine) as place:
                for one, found in KINDS[what](place, part, random):
                    killed += one
                    wrong += found
                    done += one.total()
                    if time.monotonic() - begun > chosen.seconds and what != "send":
                        break
            print(f"{done} kills ({what}), {len(wrong)} wrong", flush=True)
    print(f"\n{killed.total()} kills on {chosen.engine}")
    for step, count in killed.items():
        print(f"  {step:<58} {count:>5}")
    print(f"answers lost or doubled, or otherwise wrong: {'; '.join(wrong[:10]) or 'none'}")


if __name__ == "__main__":
    main()
