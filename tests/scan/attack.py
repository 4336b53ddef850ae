"""Runs wapiti and sqlmap against the service, and reads what they found.

Wapiti looks for pages once for each person. Of requests that are alike, with the same method, page
and names of fields, it attacks one, and none that it attacked whole as an earlier person. Its
attacks are separate runs at the same time, on the world as it was before it looked for pages. Each
is bounded, has to end, and has to be signed in at its end: otherwise it says nothing, and counts as
a failure.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from survey.permissions import declared_access

ROOT = Path(__file__).parents[2]
BIN = ROOT / ".scan" / "bin"
CRAWL_SECONDS = 60
"""How long wapiti looks for pages as each person."""
ATTACK_SECONDS = int(os.environ.get("SCAN_SECONDS", "150"))
"""How long its attacks last for each person."""
TO_END = 300
"""Seconds that a run may take beyond that: to start, to stop and to write its report."""
ATTACKS = (
    "sql",
    "xss,permanentxss",
    "exec",
    "file",
    "csp,http_headers,cookieflags,redirect,crlf,xxe",
)
"""Left out are attacks that need a server on the internet (ssrf), and one by time (timesql) whose
words no SQLite knows: sqlmap tries those."""
WAPITI = ("--scope", "domain", "-v", "0", "--no-bugreport", "-t", "60")
NOT_ATTACKED = ("csrf_token", "seen_values", "number")
"""Fields that our pages fill in. With another token every form is refused at once."""
DEPTH = 8
TRIES = 3
"""Wapiti may break in its own database when the time of an attack is up; then that attack starts
again."""
FEWEST_PAGES = {True: 5, False: 6}
"""Kinds of pages, by whether someone is signed in; then those behind the sign-in alone count. A
scan that opened fewer was kept out somewhere."""

LEFT_OUT = (
    "sign-out",
    "staff/account/password",
    "staff/account/recovery-codes",
    "staff/account/second-step*",
    "staff/account/sessions",
    "staff/places/*",
    "*/second-step",
    "operator/members/*",
    "operator/organisations/*/close",
    "operator/organisations/*/discard",
    "operator/organisations/*/erase",
    "operator/organisations/*/merge",
    "operator/organisations/*/move",
    "operator/seats/*",
    "schools/*/people/*",
)
"""What ends the session of the scanner or closes its account, so that the rest would be scanned
signed out."""

EXPLAINED = {
    "Secure Flag cookie": "over http on 127.0.0.1 it cannot be secure; over https it is",
    "Clickjacking Protection": "students' pages say frame-ancestors 'none', which does the same",
    "HTTP Strict Transport Security (HSTS)": "over http it says nothing; over https it is sent",
}
"""Findings that are no fault here, and why. See docs/security/scans.md."""

READ_EVERY_PAGE = {"permanentxss", "csp", "http_headers", "cookieflags"}
"""Attacks that look at pages, and send nothing that another person has not sent."""

EXPLAINED_AT = (
    re.compile(r"Path Traversal: GET \S+\.(?:xlsx|pdf|zip|png) to PHP local inclusion .* via"),
    re.compile(r"SQL Injection: POST /staff/account/passkeys name "),
)
"""Findings that are no fault at one place: the first looks for a single letter, which any packed
file may hold; the second compares a name of 40 letters with one of 41, which is too long."""

Kind = tuple[str, str, frozenset[str]]
"""(method, endpoint, names of the fields) of a request."""


@dataclass
class Scanner:
    """Wapiti as one person after the other. `starts` are public pages to begin with; `attacked` has
    what it attacked whole, by attack."""

    address: str
    app: Flask
    reports: Path
    starts: Sequence[str]
    attacked: dict[str, set[Kind]] = field(default_factory=dict)

    def scan(self, role: str, cookie: str | None, restore: Callable[[], None]) -> int:
        """How many findings are not explained, and how many attacks came to no end. `restore` puts
        the world back as it was when this person had just signed in."""
        run = _Run(self, role, cookie)
        if not run.crawl():
            return 1
        restore()
        with ThreadPoolExecutor(len(ATTACKS)) as threads:
            found = list(threads.map(run.attack, ATTACKS))
        failed = found.count(None)
        if cookie and not is_signed_in(self.address, cookie):
            print(f"wapiti as {role}: was signed out on the way, so it says nothing")
            failed += 1
        lines = {line for one in found for line in one or ()}
        open_ = [line for line in lines if not _is_explained(line)]
        print(f"wapiti as {role}: {len(lines)} findings, {len(open_)} not explained", flush=True)
        for line in sorted(lines):
            print(f"  {line}")
        return failed + len(open_)

    def kind(self, method: str, path: str, names: frozenset[str]) -> Kind:
        split = urlsplit(path)
        try:
            rule, _values = self.app.url_map.bind("").match(split.path, method, return_rule=True)
            return method, rule.endpoint, names
        except (HTTPException, RequestRedirect):
            return method, split.path, names


class _Run:
    """Wapiti as one person."""

    def __init__(self, scanner: Scanner, role: str, cookie: str | None) -> None:
        self.scanner, self.role, self.cookie = scanner, role, cookie
        self.folder = scanner.reports / f"session-{role}"
        shutil.rmtree(self.folder, ignore_errors=True)
        start = "/staff" if cookie else "/"
        self.command = [BIN / "wapiti", "-u", scanner.address + start, *WAPITI]
        for one in LEFT_OUT:
            self.command += ["-x", f"{scanner.address}/{one}"]
        for one in () if cookie else scanner.starts:
            self.command += ["-s", scanner.address + one]
        if cookie:
            self.command += ["-H", f"Cookie: session={cookie}"]

    def crawl(self) -> bool:
        """Looks for pages. False if it saw too few of those that this person may open."""
        command = [*self.command, "--flush-session", "-d", str(DEPTH), "-m", ""]
        command += ["--max-scan-time", str(CRAWL_SECONDS), "--store-session", self.folder]
        command += ["-o", self.scanner.reports / f"wapiti-{self.role}-none.html"]
        subprocess.run(
            command, check=False, timeout=CRAWL_SECONDS + TO_END, stdout=subprocess.DEVNULL
        )
        with _session(self.folder) as db:
            opened = db.execute(
                "SELECT path FROM paths JOIN responses USING (response_id)"
                " WHERE method = 'GET' AND status_code = 200 AND NOT evil"
            ).fetchall()
            requests_ = db.execute("SELECT count(*) FROM paths WHERE NOT evil").fetchone()[0]
            kinds = self._thin(db)
            # A form that creates something is sent once: its number would have the second press,
            # and each attack is one, lead on to what the first one created.
            db.execute("DELETE FROM params WHERE name = 'number'")
            db.commit()
        pages = {self.scanner.kind("GET", path, frozenset())[1] for (path,) in opened}
        inside = {one for one in pages if self._needs_sign_in(one)}
        self.kinds = kinds
        print(
            f"wapiti as {self.role}: {requests_} requests found, of {len(kinds)} kinds;"
            f" {len(pages)} kinds of pages opened, {len(inside)} of them behind the sign-in",
            flush=True,
        )
        saw = len(inside) if self.cookie else len(pages)
        if saw < FEWEST_PAGES[bool(self.cookie)]:
            print(f"wapiti as {self.role}: too few pages")
            return False
        return True

    def _needs_sign_in(self, endpoint: str) -> bool:
        return declared_access(self.scanner.app, endpoint) not in ("public", None)

    def _thin(self, db: sqlite3.Connection) -> dict[Kind, int]:
        """Keeps one request of each kind, and says which."""
        kept = dict[Kind, int]()
        rows = db.execute("SELECT path_id, method, path FROM paths WHERE NOT evil").fetchall()
        for path_id, method, path in rows:
            names = db.execute("SELECT name FROM params WHERE path_id = ?", (path_id,)).fetchall()
            kind = self.scanner.kind(method, path, frozenset(name for (name,) in names))
            if kept.setdefault(kind, path_id) != path_id:
                self._forget(db, path_id)
        return kept

    @staticmethod
    def _forget(db: sqlite3.Connection, path_id: int) -> None:
        db.execute("DELETE FROM params WHERE path_id = ?", (path_id,))
        db.execute("DELETE FROM paths WHERE path_id = ?", (path_id,))

    def attack(self, attack: str) -> list[str] | None:
        """What an attack found; None if it came to no end."""
        name = attack.partition(",")[0]
        folder = self.scanner.reports / f"session-{self.role}-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        done = self.scanner.attacked.setdefault(attack, set())
        waiting = {kind for kind in self.kinds if kind not in done and _can_be_attacked(kind)}
        modules = set(attack.split(",")) - READ_EVERY_PAGE
        with _session(folder) as db:  # what was attacked as someone else is not attacked again
            db.executemany(
                "INSERT INTO attack_logs (path_id, module) VALUES (?, ?)",
                [
                    (path_id, module)
                    for kind, path_id in self.kinds.items()
                    for module in modules
                    if kind not in waiting
                ],
            )
            db.commit()
        report = self._run(attack, folder, self.scanner.reports / f"wapiti-{self.role}-{name}.json")
        if report is None:
            return None
        with _session(folder) as db:
            marks = set(db.execute("SELECT path_id, module FROM attack_logs").fetchall())
        now_done = {
            kind
            for kind in waiting
            if all((self.kinds[kind], module) in marks for module in modules)
        }
        self.scanner.attacked[attack] = done | now_done
        print(
            f"wapiti as {self.role}, {attack}: {len(now_done)} of {len(waiting)} kinds of requests"
            " attacked whole",
            flush=True,
        )
        return list(_findings(json.loads(report.read_text(encoding="utf-8"))))

    def _run(self, attack: str, folder: Path, report: Path) -> Path | None:
        """The report of an attack; None if it came to no end."""
        report.unlink(missing_ok=True)
        command = [*self.command, "--skip-crawl", "-m", attack, "-f", "json", "-o", report]
        command += ["--store-session", folder]
        command += ["--max-attack-time", str(ATTACK_SECONDS // len(attack.split(",")))]
        for one in NOT_ATTACKED:
            command += ["--skip", one]
        longest = ATTACK_SECONDS + TO_END
        for _try in range(TRIES):
            try:
                ended = subprocess.run(
                    command, check=False, timeout=longest, capture_output=True, text=True
                )
            except subprocess.TimeoutExpired:
                print(f"wapiti as {self.role}, {attack}: did not end in {longest} seconds")
                return None
            if report.exists():
                return report
        print(f"wapiti as {self.role}, {attack}: no report\n{ended.stderr[-600:]}")
        return None


def _is_explained(line: str) -> bool:
    return line.split(":")[0] in EXPLAINED or any(one.match(line) for one in EXPLAINED_AT)


def _can_be_attacked(kind: Kind) -> bool:
    """Has the request a field that a person fills in?"""
    _method, _endpoint, names = kind
    return not names <= set(NOT_ATTACKED)


def _session(folder: Path) -> closing[sqlite3.Connection]:
    """What wapiti keeps of a scan."""
    (file,) = folder.glob("*.db")
    return closing(sqlite3.connect(file))


def _findings(found) -> Iterator[str]:
    for group in ("vulnerabilities", "anomalies"):
        for name, ones in found[group].items():
            for one in ones:
                what = one["method"], one["path"], one["parameter"] or "", one["info"]
                yield f"{name}: {' '.join(what)}"


def is_signed_in(address: str, cookie: str) -> bool:
    headers = {"Cookie": f"session={cookie}"}
    answer = requests.get(f"{address}/staff", headers=headers, timeout=60, allow_redirects=False)
    return "/sign-in" not in answer.headers.get("Location", "") and answer.status_code < 400


INJECTED = "identified the following injection point"
"""What sqlmap says when it got in."""
SQLMAP_SECONDS = 600


REFUSED = "400 (Bad Request)"


def sqlmap(
    address: str, path: str, *, data: str | None, cookie: str | None, has_token: bool
) -> int:
    """1 if a parameter can be injected, or the run did not come to its end. A form with a token
    is asked for one before each request."""
    command = [BIN / "sqlmap", "-u", address + path, "--batch", "--level=2", "--smart"]
    command += ["--flush-session", "--ignore-redirects", *(["--data", data] if data else [])]
    command += ["--ignore-code=404"]
    command += ["--cookie", f"session={cookie}", "--param-exclude=session"] if cookie else []
    if has_token:
        command += ["--csrf-token=csrf_token", f"--csrf-url={address}{path}"]
    with tempfile.TemporaryDirectory(prefix="sqlmap-") as kept:  # several run at the same time
        command += [f"--output-dir={kept}"]
        try:
            done = subprocess.run(
                command, check=False, timeout=SQLMAP_SECONDS, capture_output=True, text=True
            )
        except subprocess.TimeoutExpired:
            print(f"sqlmap {path}: did not end in {SQLMAP_SECONDS} seconds", flush=True)
            return 1
    is_open, is_refused = INJECTED in done.stdout, REFUSED in done.stdout
    said = done.stdout.strip().splitlines() or [done.stderr]
    way = (
        "can be injected"
        if is_open
        else "every request was refused"
        if is_refused
        else "not injectable"
    )
    print(f"sqlmap {path}: {way}", flush=True)
    if is_open or is_refused or done.returncode:
        print("\n".join(said[-15:]))
    return int(is_open or is_refused or bool(done.returncode))
