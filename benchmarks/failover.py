"""A rehearsal of a failover, on this machine: `python benchmarks/failover.py`.

Two PostgreSQL servers, the second a synchronous copy of the first; the real server of pages with
both in its address; students who send one after the other. The first database server is killed
(`stop -m immediate` sends no goodbye), the second is promoted, and the students continue. Each Send
that was thanked must be stored, and none may be stored twice.

As root it runs PostgreSQL as the user postgres. Needs PostgreSQL's programs; takes about a minute.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from sqlalchemy import create_engine, text  # noqa: E402

from survey.app import alembic, create_app  # noqa: E402
from survey.database import database  # noqa: E402
from tests.conftest import settings_for  # noqa: E402
from tests.integration.responses.doors import make_codes, used_codes  # noqa: E402
from tests.integration.responses.test_real_server import SEND, at_send  # noqa: E402
from tests.ports import free_port  # noqa: E402
from tests.real_server import serving  # noqa: E402
from tests.world import build_world  # noqa: E402

SENDS, STUDENTS, KILLED_AFTER = 60, 4, 15
PATIENCE = 90.0


@dataclass
class Tally:
    """What students saw."""

    thanked: int = 0
    refused: int = 0
    longest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


def as_owner(*command: str | Path) -> None:
    given: Sequence[str | Path] = command
    if os.geteuid() == 0:
        given = ("runuser", "-u", "postgres", "--", *command)
    subprocess.run(given, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server in a folder."""

    bin: Path
    folder: Path
    port: int

    def start(self, *options: str) -> None:
        given = " ".join(
            [f"-p {self.port} -k {self.folder.parent} -c listen_addresses=127.0.0.1", *options]
        )
        log = self.folder.parent / f"{self.port}.log"
        control = (self.bin / "pg_ctl", "-D", self.folder, "-w", "-l", log)
        as_owner(*control, "-o", given, "start")

    def end(self, how: str = "immediate") -> None:
        as_owner(self.bin / "pg_ctl", "-D", self.folder, "-m", how, "-W", "stop")


def programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    beside = shutil.which("initdb")
    if not found and not beside:
        sys.exit("PostgreSQL's programs are not installed.")
    return (found[-1] if found else Path(beside or "")).parent


def two_clusters(home: Path) -> tuple[Cluster, Cluster]:
    """A server and its synchronous copy."""
    home.chmod(0o700)
    if os.geteuid() == 0:
        shutil.chown(home, "postgres")
    first = Cluster(programs(), home / "first", free_port())
    second = Cluster(first.bin, home / "second", free_port())
    as_owner(first.bin / "initdb", "-D", first.folder, "-U", "survey", "--auth=trust", "--no-sync")
    first.start()
    as_owner(
        *(first.bin / "pg_basebackup", "-D", second.folder, "-h", "127.0.0.1"),
        *("-p", str(first.port), "-U", "survey", "-R", "-X", "stream"),
    )
    second.start()
    engine = create_engine(
        f"postgresql+psycopg://survey@127.0.0.1:{first.port}/postgres",
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE survey"))
        connection.execute(text("ALTER SYSTEM SET synchronous_standby_names = '*'"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
    return first, second


def press_send(address: str, tally: Tally) -> None:
    """Presses Send again and again, as the page says, until it thanks."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        try:
            body = urllib.parse.urlencode(SEND).encode()
            with urllib.request.urlopen(address, body, timeout=30) as answer:
                page = answer.read().decode()
            if "Thank you" in page:
                with tally.lock:
                    tally.thanked += 1
                    tally.longest = max(tally.longest, time.monotonic() - began)
                return
        except urllib.error.HTTPError as error:
            page = error.read().decode()
            assert "Your answers are still in this page." in page, page
        except OSError as error:
            sys.exit(f"A student saw no page at all: {error}")
        with tally.lock:
            tally.refused += 1
        time.sleep(0.5)
    sys.exit("A student gave up.")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="failover-") as name:
        home = Path(name)
        first, second = two_clusters(home / "databases" if _made(home) else home)
        keys = home / "keys"
        keys.mkdir(mode=0o700)
        hosts = f"127.0.0.1:{first.port},127.0.0.1:{second.port}"
        settings = settings_for(
            _parsed(f"postgresql+psycopg://survey@{hosts}/survey"),
            key_folder=str(keys),
            ledger=str(home / "ledger"),
        )
        try:
            _rehearse(settings, home, first, second)
        finally:
            second.end()


def _made(home: Path) -> bool:
    home.chmod(0o711)
    (home / "databases").mkdir()
    return True


def _parsed(address: str) -> str:
    from survey.settings import PARSERS

    return str(PARSERS["database_url"](address))


def _rehearse(settings, home: Path, first: Cluster, second: Cluster) -> None:  # type: ignore[no-untyped-def]
    app = create_app(settings, testing=True)
    with app.app_context():
        alembic.upgrade()
        world = build_world()
    codes = make_codes(app, world.own, year=9, count=SENDS)
    pages = [at_send(app, code) for code in codes]
    with app.app_context():
        database.engine.dispose()
    tally, waiting = Tally(), list(pages)
    with serving(settings, home, workers=2, threads=8) as server:

        def student() -> None:
            while True:
                with tally.lock:
                    if not waiting:
                        return
                    page = waiting.pop()
                press_send(f"{server.address}{page}", tally)

        students = [threading.Thread(target=student) for _number in range(STUDENTS)]
        for each in students:
            each.start()
        while tally.thanked < KILLED_AFTER:
            time.sleep(0.05)
        print(f"{tally.thanked} thanked. The first server is killed.")
        killed = time.monotonic()
        first.end()
        time.sleep(3)
        as_owner(second.bin / "pg_ctl", "-D", second.folder, "-w", "promote")
        alone = create_engine(
            f"postgresql+psycopg://survey@127.0.0.1:{second.port}/postgres",
            isolation_level="AUTOCOMMIT",
        )
        with alone.connect() as connection:  # the copy has no copy: it would wait for one
            connection.execute(text("ALTER SYSTEM SET synchronous_standby_names = ''"))
            connection.execute(text("SELECT pg_reload_conf()"))
        alone.dispose()
        print(f"The second is promoted after {time.monotonic() - killed:.1f} s.")
        for each in students:
            each.join()
    stored = used_codes(app)
    with app.app_context():
        database.engine.dispose()
    print(
        f"{tally.thanked} thanked, {stored} stored, {tally.refused} times asked to try again;"
        f" the longest wait for a Send was {tally.longest:.1f} s."
    )
    if stored != tally.thanked or stored != SENDS:
        sys.exit("Answers were lost or doubled.")
    print("Acknowledged lost: 0. Doubled: 0.")


if __name__ == "__main__":
    main()
