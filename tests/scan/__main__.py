"""Serves the small world and runs scanners that are not ours against it. See `scripts/scan.sh`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

from survey.database import database
from survey.permissions import Role
from tests.conftest import settings_for
from tests.fuzz.worlds import prepare
from tests.real_server import serving
from tests.scan import attack, second_look
from tests.scan.attack import BIN, ROOT
from tests.world import PASSWORD, World

NOBODY = "nobody"
ROLES = (NOBODY, *(role.value for role in Role))


def main() -> int:
    reports = ROOT / ".scan" / "reports"
    reports.mkdir(exist_ok=True)
    failed = 0
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
        with serving(settings, folder, threads=32) as server:
            for role in sys.argv[1:] or ROLES:
                # Each signs in when its turn comes: a session that waits is over.
                email = "" if role == NOBODY else ground.world.email(Role(role))
                failed |= _pages(server.address, role, _signed_in(server.address, email), folder)
                cookie = _signed_in(server.address, email)
                failed |= attack.wapiti(server.address, role, cookie, reports)
            failed |= _sqlmap(server.address, ground.world)
    print(f"Reports of wapiti: {reports}")
    return failed


def _signed_in(address: str, email: str) -> str | None:
    """The cookie of somebody who has just signed in; None without an address."""
    if not email:
        return None
    browser = requests.Session()
    page = browser.get(f"{address}/sign-in", timeout=60).text
    (token,) = set(re.findall(r'name="csrf_token"[^>]* value="([^"]+)"', page))
    given = {"email": email, "password": PASSWORD, "csrf_token": token}
    browser.post(f"{address}/sign-in", data=given, timeout=60)
    return str(browser.cookies["session"])


def _pages(address: str, role: str, cookie: str | None, folder: Path) -> int:
    """Both validators and the accessibility checker, over every page that the role is led to."""
    script, kept = Path(__file__).parent / "check_pages.py", folder / f"pages-{role}.json"
    command = [BIN / "python", script, address, role, kept, *([cookie] if cookie else [])]
    failed = subprocess.run(command, check=False).returncode
    pages = json.loads(kept.read_text(encoding="utf-8"))
    found = second_look.validate(role, pages)
    found += second_look.check_access(role, address, pages, cookie)
    return failed | bool(found)


def _sqlmap(address: str, world: World) -> int:
    """Fields and parameters that reach the database, signed out and signed in."""
    own = world.own
    programme = f"/authorities/{own.authority_id}/programmes/{own.programme_id}"
    targets: tuple[tuple[Role | None, str, str | None], ...] = (
        (None, "/sign-in", "email=a@b.test&password=x"),
        (None, "/", "code=ABCD-EFGH"),
        (None, "/sign-in?next=/staff", None),
        (None, "/?lang=en", None),
        (Role.LEAD, f"/schools/{own.school_id}/log?show=all&person=x&from=x&page=1", None),
        (Role.ANALYST, f"{programme}/shared-places/new?like=x", None),
        (Role.OPERATOR, "/operator/?named=North", None),
    )
    return max(
        attack.sqlmap(
            address,
            path,
            data=data,
            cookie=_signed_in(address, world.email(role)) if role else None,
        )
        for role, path, data in targets
    )


if __name__ == "__main__":
    sys.exit(main())
