"""Serves the small world and runs scanners that are not ours against it. See `scripts/scan.sh`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from survey.database import database
from tests.conftest import settings_for
from tests.fuzz.worlds import prepare
from tests.real_server import serving
from tests.scan import second_look

ROOT = Path(__file__).parents[2]
BIN = ROOT / ".scan" / "bin"
WAPITI_SECONDS = int(os.environ.get("SCAN_SECONDS", "90"))
"""How long wapiti attacks as each person."""
WAPITI = ("--flush-session", "--scope", "domain", "-d", "4", "-v", "0")
MODULES = (
    "exec,file,sql,xss,redirect,crlf,ssrf,csp,http_headers,cookieflags,permanentxss,timesql,xxe"
)
ROLES = ("nobody", "lead", "analyst", "operator")


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
        clients = ground.fuzzer.clients
        cookies = {role: clients[role].get_cookie("session") for role in ROLES}
        with serving(settings, folder, threads=32) as server:
            for role in ROLES:
                held = cookies[role]
                cookie = held.value if held else None
                failed |= _pages(server.address, role, cookie, folder)
                _wapiti(server.address, role, cookie, reports)
            _sqlmap(server.address)
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


def _wapiti(address: str, role: str, cookie: str | None, reports: Path) -> None:
    start = f"{address}/staff" if cookie else f"{address}/"
    command = [BIN / "wapiti", "-u", start, *WAPITI, "-m", MODULES, "-f", "txt"]
    command += ["--max-scan-time", str(WAPITI_SECONDS)]
    command += ["-o", reports / f"wapiti-{role}.txt", "-x", f"{address}/sign-out"]
    if cookie:
        command += ["-H", f"Cookie: session={cookie}"]
    subprocess.run(command, check=False, timeout=900 + WAPITI_SECONDS, stdout=subprocess.DEVNULL)
    print(f"wapiti as {role}: {reports / f'wapiti-{role}.txt'}")


def _sqlmap(address: str) -> None:
    targets = (
        (f"{address}/sign-in", "email=a@b.test&password=x"),
        (f"{address}/", "code=ABCD-EFGH"),
        (f"{address}/sign-in?next=/staff", None),
        (f"{address}/?lang=en", None),
    )
    for target, data in targets:
        command = [BIN / "sqlmap", "-u", target, "--batch", "--level=2", "--smart", "-v", "0"]
        command += ["--flush-session", *(["--data", data] if data else [])]
        subprocess.run(command, check=False, timeout=300)


if __name__ == "__main__":
    sys.exit(main())
