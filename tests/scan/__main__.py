"""Serves the small world and runs scanners that are not ours against it. See `scripts/scan.sh`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from survey.database import database
from survey.permissions import Role
from tests.conftest import settings_for
from tests.fuzz.worlds import Snapshot, prepare
from tests.real_server import serving
from tests.scan import attack, second_look
from tests.scan.attack import BIN, ROOT, TRIES, Scanner
from tests.world import PASSWORD, World

NOBODY = "nobody"
DIFFERS = re.compile(
    r'[0-9a-f]{8}-[0-9a-f-]{27}|value="[^"]*"|[A-Z][a-z_]+ Person|#?[0-9a-f]{8,}|\b\d+\b'
)
"""Identifiers, hidden values, the name at the top and numbers of a page."""
AT_ONCE = 4
"""Runs of sqlmap at the same time."""
ERROR = re.compile(r"Traceback|\berror\b|\bcritical\b|panicked", re.IGNORECASE)
ROLES = (NOBODY, *(role.value for role in Role))


def main() -> int:
    reports = ROOT / ".scan" / "reports"
    reports.mkdir(exist_ok=True)
    failed, began = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="scan-") as name:
        folder = Path(name)
        keys = folder / "keys"
        keys.mkdir(mode=0o700)
        settings = settings_for(
            f"sqlite:///{folder / 'survey.db'}", key_folder=str(keys), ledger=str(folder / "ledger")
        )
        ground = prepare(settings, folder, seed=1)
        with ground.app.app_context():
            database.engine.dispose()
        whole = ground.moments[0]
        with serving(settings, folder, threads=32) as server:
            looked_at = set[str]()
            scanner = Scanner(server.address, ground.app, reports, _public(ground.world))
            for role in sys.argv[1:] or ROLES:
                # Each signs in when its turn comes: a session that waits is over.
                whole.restore()
                email = "" if role == NOBODY else ground.world.email(Role(role))
                cookie = _signed_in(server.address, email)
                signed_in = Snapshot(settings, folder, None, f"scan-{role}")
                signed_in.take()
                failed |= _pages(server.address, role, cookie, folder, looked_at)
                failed |= scanner.scan(role, cookie, signed_in.restore)
                minutes = (time.monotonic() - began) / 60
                print(f"{role}: done after {minutes:.0f} minutes", flush=True)
            whole.restore()
            failed |= _sqlmap(server.address, ground.world)
            failed |= _errors(server.output)
    print(f"Reports of wapiti: {reports}")
    return failed


def _public(world: World) -> tuple[str, ...]:
    """Pages that anyone may open, and to which a card, a poster or a letter leads."""
    word = world.own.word
    words = (f"/ask/{word}", f"/told/{word}", f"/parents/{word}")
    return ("/sign-in", "/forgotten", "/check", "/papers/", "/leave", *words)


def _signed_in(address: str, email: str) -> str | None:
    """The cookie of someone who has just signed in; None without an address."""
    if not email:
        return None
    for _try in range(TRIES):
        cookie = _sign_in(address, email)
        if cookie and attack.is_signed_in(address, cookie):
            return cookie
    raise RuntimeError(f"{email} cannot sign in")


def _sign_in(address: str, email: str) -> str | None:
    browser = requests.Session()
    page = browser.get(f"{address}/sign-in", timeout=60).text
    (token,) = set(re.findall(r'name="csrf_token"[^>]* value="([^"]+)"', page))
    given = {"email": email, "password": PASSWORD, "csrf_token": token}
    browser.post(f"{address}/sign-in", data=given, timeout=60)
    # The first form after that puts the token of all forms into the cookie.
    browser.get(f"{address}/staff/account", timeout=60)
    return browser.cookies.get("session")


def _errors(output: Path) -> int:
    """Errors that the server logged while it was scanned."""
    log = output.read_text(encoding="utf-8", errors="replace")
    found = [line for line in log.splitlines() if ERROR.search(line)]
    print(f"server: {len(found)} errors in its log")
    for line in found[:20]:
        print(f"  {line[:400]}")
    return int(bool(found))


def _pages(address: str, role: str, cookie: str | None, folder: Path, looked_at: set[str]) -> int:
    """Both validators and the accessibility checker, over every page that the role is led to. Of
    pages that are the same but for what is in `DIFFERS` one is looked at."""
    script, kept = Path(__file__).parent / "check_pages.py", folder / f"pages-{role}.json"
    command = [BIN / "python", script, address, role, kept, *([cookie] if cookie else [])]
    failed = subprocess.run(command, check=False).returncode
    pages = json.loads(kept.read_text(encoding="utf-8"))
    alike = {DIFFERS.sub("", page): path for path, page in reversed(pages.items())}
    new = {path for page, path in alike.items() if page not in looked_at}
    looked_at |= set(alike)
    pages = {path: page for path, page in pages.items() if path in new}
    found = second_look.validate(role, pages)
    found += second_look.check_access(role, address, pages, cookie)
    return failed | bool(found)


def _sqlmap(address: str, world: World) -> int:
    """Fields and parameters that reach the database, signed out and signed in."""
    own = world.own
    school, authority = f"/schools/{own.school_id}", f"/authorities/{own.authority_id}"
    programme = f"{authority}/programmes/{own.programme_id}"
    log = "log?show=all&person=x&from=2026-10-01&to=2026-10-02&page=1"
    assessments = f"{school}/assessments/compare?before={own.assessment_id}&after=x"
    asked = "name=a&form=9&where=here&about=x&soon=later"
    contact = "name=a&number=1&hours=x&what=x"
    targets: tuple[tuple[Role | None, str, str | None], ...] = (
        (None, "/sign-in", "email=a@b.test&password=x"),
        (None, "/forgotten", "email=a@b.test"),
        (None, "/", "code=ABCD-EFGH"),
        (None, "/sign-in?next=/staff", None),
        (None, "/?lang=en", None),
        (None, f"/ask/{own.word}", asked),
        (None, "/ask/word*", None),
        (None, "/told/word*", None),
        (None, "/parents/word*", None),
        (None, "/password/x*", None),
        (Role.LEAD, f"{school}/{log}", None),
        (Role.LEAD, assessments, None),
        (Role.LEAD, f"{school}/staff-names", "names=Ms+Okafor"),
        (Role.LEAD, f"{school}/help-contacts/add", contact),
        (Role.LEAD, f"{school}/help-contacts/shout*", None),
        (Role.ANALYST, f"{programme}/shared-places/new?like=x", None),
        (Role.ANALYST, f"{authority}/{log}", None),
        (Role.OPERATOR, "/operator/?named=North", None),
        (Role.OPERATOR, f"/operator/{log}", None),
        (Role.OPERATOR, "/operator/authorities/add", "name=x&kind=council&nation=wales"),
    )
    cookies = {
        role: _signed_in(address, world.email(role)) if role else None
        for role in {role for role, _path, _data in targets}
    }

    def run(target: tuple[Role | None, str, str | None]) -> int:
        role, path, data = target
        has_token = data is not None and not path.startswith(("/ask", "/?")) and path != "/"
        return attack.sqlmap(address, path, data=data, cookie=cookies[role], has_token=has_token)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return max(threads.map(run, targets))


if __name__ == "__main__":
    sys.exit(main())
