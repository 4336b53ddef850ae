"""Serves the small world and runs scanners that are not ours against it. See `scripts/scan.sh`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from survey.database import database
from survey.permissions import Role
from tests.conftest import settings_for
from tests.fuzz.worlds import prepare
from tests.real_server import serving
from tests.scan import attack, second_look
from tests.scan.attack import BIN, ROOT

ROLES = ("nobody", *(role.value for role in Role))


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
        held = {role: ground.fuzzer.clients[role].get_cookie("session") for role in ROLES}
        cookies = {role: one.value if one else None for role, one in held.items()}
        with serving(settings, folder, threads=32) as server:
            for role in ROLES:
                failed |= _pages(server.address, role, cookies[role], folder)
                failed |= attack.wapiti(server.address, role, cookies[role], reports)
            failed |= _sqlmap(server.address, cookies, ground.fuzzer.values[0])
    print(f"Reports of wapiti: {reports}")
    return failed


def _pages(address: str, role: str, cookie: str | None, folder: Path) -> int:
    """Both validators and the accessibility checker, over every page that the role is led to."""
    script, kept = Path(__file__).parent / "check_pages.py", folder / f"pages-{role}.json"
    command = [BIN / "python", script, address, role, kept, *([cookie] if cookie else [])]
    failed = subprocess.run(command, check=False).returncode
    pages = json.loads(kept.read_text(encoding="utf-8"))
    found = second_look.validate(role, pages)
    found += second_look.check_access(role, address, pages, cookie)
    return failed | bool(found)


def _sqlmap(address: str, cookies: Mapping[str, str | None], own: Mapping[str, object]) -> int:
    """Fields and parameters that reach the database, signed out and signed in."""
    programme = f"/authorities/{own['authority_id']}/programmes/{own['programme_id']}"
    targets: tuple[tuple[str | None, str, str | None], ...] = (
        (None, "/sign-in", "email=a@b.test&password=x"),
        (None, "/", "code=ABCD-EFGH"),
        (None, "/sign-in?next=/staff", None),
        (None, "/?lang=en", None),
        ("lead", f"/schools/{own['school_id']}/log?show=all&person=x&from=x&page=1", None),
        ("analyst", f"{programme}/shared-places/new?like=x", None),
        ("operator", "/operator/?named=North", None),
    )
    return max(
        attack.sqlmap(address, path, data=data, cookie=cookies[role] if role else None)
        for role, path, data in targets
    )


if __name__ == "__main__":
    sys.exit(main())
