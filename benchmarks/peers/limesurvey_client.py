"""Students of a LimeSurvey: `python limesurvey_client.py ADDRESS SURVEY_ID SUBMISSIONS [AT_ONCE]
[--cgroup FOLDER ... | --program NAME ...]`. The standard library alone.

Each opens the survey, gives the first answer to everything on every page, and submits. With the
control groups of the containers that serve it (`/sys/fs/cgroup/.../<container>`), or the names of
its programs (`php-fpm8.2`, `mariadbd`, `nginx`), it prints the CPU seconds that a submission took
in all of them.
"""

from __future__ import annotations

import argparse
import os
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urljoin

MOST_PAGES = 40
GO_ON, SUBMIT = "movenext", "movesubmit"


class Page(HTMLParser):
    """The form of a page: hidden fields, the first answer of each list, and its buttons."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.buttons: list[str] = []
        self._within = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._within = given.get("id") == "limesurvey"
            self.action = given.get("action", "") if self._within else self.action
        if not self._within:
            return
        name, value, kind = given.get("name", ""), given.get("value", ""), given.get("type", "")
        if tag == "button" and name == "move":
            self.buttons.append(value)
        elif tag == "input" and kind == "hidden" and name:
            self.fields.setdefault(name, value)
        elif tag == "input" and kind == "radio" and value:
            self.fields.setdefault(f"answer {name}", value)

    @property
    def sent(self) -> dict[str, str]:
        """What a browser sends: a list's answer takes the place of its hidden field."""
        hidden = {
            name: said for name, said in self.fields.items() if not name.startswith("answer ")
        }
        given = {
            name.removeprefix("answer "): said
            for name, said in self.fields.items()
            if name.startswith("answer ")
        }
        return hidden | given


def walk(address: str, survey: str) -> int:
    """One submission; how many pages it took."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    here = f"{address}/index.php/{survey}?newtest=Y&lang=en"
    html = opener.open(here, timeout=120).read().decode()
    for number in range(1, MOST_PAGES):
        page = Page(html)
        if not page.buttons:
            return number
        move = SUBMIT if SUBMIT in page.buttons else GO_ON
        body = urlencode(page.sent | {"move": move}).encode()
        html = opener.open(urljoin(here, page.action or here), body, timeout=120).read().decode()
        if move == SUBMIT:
            return number + 1
    raise RuntimeError("the survey does not end")


def cpu_of_groups(groups: list[Path]) -> float:
    """CPU seconds of all processes of control groups so far."""
    used = 0
    for group in groups:
        lines = (group / "cpu.stat").read_text().splitlines()
        used += next(int(line.split()[1]) for line in lines if line.startswith("usage_usec"))
    return used / 1e6


def cpu_of_programs(names: list[str]) -> float:
    """CPU seconds of all running processes of these programs so far, with their ended children. The
    number of processes must not change while it is measured (`pm = static`)."""
    used = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _end, rest = status.read_text().partition("(")[2].rpartition(")")
        except OSError:  # it has ended
            continue
        if name in names:
            # utime, stime, cutime and cstime: fields 14 to 17, and the third comes first here.
            used += sum(int(one) for one in rest.split()[11:15])
    return used / os.sysconf("SC_CLK_TCK")


def measured(
    address: str, survey: str, submissions: int, at_once: int, cpu: Callable[[], float]
) -> tuple[int, float, float]:
    """Pages of a submission, its CPU seconds, and submissions a second."""
    before, started = cpu(), time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        pages = list(pool.map(lambda _one: walk(address, survey), range(submissions)))
    seconds = time.perf_counter() - started
    return pages[0], (cpu() - before) / submissions, submissions / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("address")
    parser.add_argument("survey")
    parser.add_argument("submissions", type=int)
    parser.add_argument("at_once", type=int, nargs="?", default=4)
    parser.add_argument("--cgroup", type=Path, action="append", default=[])
    parser.add_argument("--program", action="append", default=[])
    given = parser.parse_args()
    walk(given.address, given.survey)  # PHP has compiled its files
    pages, cpu, rate = measured(
        given.address,
        given.survey,
        given.submissions,
        given.at_once,
        lambda: cpu_of_groups(given.cgroup) + cpu_of_programs(given.program),
    )
    print(f"{given.submissions} submissions of {pages} pages, {given.at_once} at once")
    print(f"{rate:.2f} submissions a second")
    if given.cgroup or given.program:
        print(f"{cpu:.4f} CPU seconds each")


if __name__ == "__main__":
    main()
