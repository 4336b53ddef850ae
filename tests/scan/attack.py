"""Runs wapiti and sqlmap against the service, and reads what they found.

A run is bounded, must come to its end, and must still be signed in then: otherwise it says nothing,
and counts as a failure.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import requests

ROOT = Path(__file__).parents[2]
BIN = ROOT / ".scan" / "bin"
CRAWL_SECONDS = int(os.environ.get("SCAN_SECONDS", "60"))
"""How long wapiti looks for pages as each person."""
MODULE_SECONDS = max(10, CRAWL_SECONDS // 5)
"""How long each of its attacks lasts."""
MODULES = (
    "exec,file,sql,xss,redirect,crlf,ssrf,csp,http_headers,cookieflags,permanentxss,timesql,xxe"
)
WAPITI = ("--flush-session", "--scope", "domain", "-d", "8", "-v", "0", "--drop-set-cookie")
TRIES = 3
"""Wapiti may break in its own database when the time of an attack is up; then it starts again."""
FEWEST_PAGES = 8
"""A scan that saw fewer pages was kept out somewhere."""

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


def wapiti(address: str, role: str, cookie: str | None, reports: Path) -> int:
    """Findings that are not explained, or 1 if the run did not come to its end."""
    report = reports / f"wapiti-{role}.json"
    report.unlink(missing_ok=True)
    start = f"{address}/staff" if cookie else f"{address}/"
    command = [BIN / "wapiti", "-u", start, *WAPITI, "-m", MODULES, "-f", "json", "-o", report]
    command += ["--store-session", reports / f"session-{role}"]
    command += ["--max-scan-time", str(CRAWL_SECONDS), "--max-attack-time", str(MODULE_SECONDS)]
    for one in LEFT_OUT:
        command += ["-x", f"{address}/{one}"]
    if cookie:
        command += ["-C", f"session={cookie}"]
    longest = CRAWL_SECONDS + (MODULE_SECONDS + 20) * len(MODULES.split(",")) + 60
    for _try in range(TRIES):
        try:
            subprocess.run(command, check=False, timeout=longest, stdout=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            print(f"wapiti as {role}: did not end in {longest} seconds")
            return 1
        if report.exists():
            break
    if not report.exists():
        print(f"wapiti as {role}: no report")
        return 1
    return _read(json.loads(report.read_text(encoding="utf-8")), address, role, cookie)


def _read(
    found: dict[str, dict[str, list[dict[str, str]]]], address: str, role: str, cookie: str | None
) -> int:
    pages = int(found["infos"]["crawled_pages_nbr"])
    lines = list(_findings(found))
    open_ = [line for line in lines if line.split(":")[0] not in EXPLAINED]
    print(f"wapiti as {role}: {pages} pages, {len(lines)} findings, {len(open_)} not explained")
    for line in lines:
        print(f"  {line}")
    if pages < FEWEST_PAGES:
        print(f"wapiti as {role}: too few pages")
    if cookie and not _is_signed_in(address, cookie):
        print(f"wapiti as {role}: was signed out on the way, so it says nothing")
        return 1
    return len(open_) + (pages < FEWEST_PAGES)


def _findings(found) -> Iterator[str]:
    for group in ("vulnerabilities", "anomalies"):
        for name, ones in found[group].items():
            for one in ones:
                what = one["method"], one["path"], one["parameter"] or "", one["info"]
                yield f"{name}: {' '.join(what)}"


def _is_signed_in(address: str, cookie: str) -> bool:
    headers = {"Cookie": f"session={cookie}"}
    answer = requests.get(f"{address}/staff", headers=headers, timeout=60, allow_redirects=False)
    return "/sign-in" not in answer.headers.get("Location", "") and answer.status_code < 400


INJECTED = "identified the following injection point"
"""What sqlmap says when it got in."""
SQLMAP_SECONDS = 300


def sqlmap(address: str, path: str, *, data: str | None = None, cookie: str | None = None) -> int:
    """1 if a parameter can be injected, or the run did not come to its end."""
    command = [BIN / "sqlmap", "-u", address + path, "--batch", "--level=2", "--smart"]
    command += ["--flush-session", "--ignore-redirects", *(["--data", data] if data else [])]
    command += ["--cookie", f"session={cookie}", "--param-exclude=session"] if cookie else []
    try:
        done = subprocess.run(
            command, check=False, timeout=SQLMAP_SECONDS, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        print(f"sqlmap {path}: did not end in {SQLMAP_SECONDS} seconds")
        return 1
    is_open = INJECTED in done.stdout
    said = done.stdout.strip().splitlines() or [done.stderr]
    print(f"sqlmap {path}: {'can be injected' if is_open else 'not injectable'}")
    if is_open or done.returncode:
        print("\n".join(said[-15:]))
    return int(is_open or bool(done.returncode))
