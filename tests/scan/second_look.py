"""Pages as two more tools see them: the validator of the W3C, and a second accessibility checker
(IBM Equal Access) next to axe. Both are fetched by `scripts/scan.sh`."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

SCAN = Path(__file__).parents[2] / ".scan"
VALIDATOR = SCAN / "vnu-jar/build/dist/vnu.jar"
CHECKER = SCAN / "accessibility-checker-engine/ace.js"
RULES = ["WCAG_2_2"]
WIDTH, HEIGHT = 1280, 800

EXPLAINED = {"aria_form_label_unique": "a form without a name is no landmark, so it needs none"}
"""Rules that say nothing of these pages, and why."""

CHECK = """async ([rules, explained]) => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  const found = await new ace.Checker().check(document, rules);
  return found.results
    .filter((one) => one.value[0] === "VIOLATION" && one.value[1] === "FAIL")
    .filter((one) => !explained.includes(one.ruleId))
    .map((one) => `${one.ruleId}: ${one.message} ${one.path.dom}`);
}"""


def validate(role: str, pages: Mapping[str, str]) -> int:
    """Errors that the validator of the W3C finds."""
    if not VALIDATOR.exists() or shutil.which("java") is None:
        print(f"{role}: the validator of the W3C is not here, so it says nothing")
        return 0
    with tempfile.TemporaryDirectory(prefix="vnu-") as name:
        names = {}
        for number, (path, html) in enumerate(pages.items()):
            file = Path(name) / f"{number}.html"
            file.write_text(html, encoding="utf-8")
            names[file.as_uri()] = path
        command = ["java", "-jar", VALIDATOR, "--errors-only", "--format", "json", "--stdout"]
        done = subprocess.run(
            [*command, *sorted(Path(name).iterdir())], capture_output=True, text=True, check=False
        )
    found = json.loads(done.stdout)["messages"]
    for one in found:
        print(f"{role} {names.get(one['url'], one['url'])}: {one.get('lastLine')} {one['message']}")
    print(f"{role}: {len(pages)} pages, {len(found)} errors of the validator of the W3C")
    return len(found)


def check_access(role: str, address: str, paths: Iterable[str], cookie: str | None) -> int:
    """Failures that the second accessibility checker finds, with everything unfolded: it takes a
    folded field for one without a label."""
    if not CHECKER.exists():
        print(f"{role}: the second accessibility checker is not here, so it says nothing")
        return 0
    looked = found = 0
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=shutil.which("chromium"))
        context = browser.new_context(bypass_csp=True, viewport={"width": WIDTH, "height": HEIGHT})
        if cookie:
            host = urlsplit(address).hostname or ""
            context.add_cookies([{"name": "session", "value": cookie, "domain": host, "path": "/"}])
        page = context.new_page()
        for path in paths:
            complaints = _complaints(page, address + path)
            looked += 1
            found += len(complaints)
            for one in complaints:
                print(f"{role} {path}: {one}")
        browser.close()
    print(f"{role}: {looked} pages, {found} failures of the second accessibility checker")
    return found


def _complaints(page: Page, address: str) -> list[str]:
    page.goto(address, timeout=120_000)
    page.add_script_tag(path=CHECKER)
    found: list[str] = page.evaluate(CHECK, [RULES, list(EXPLAINED)])
    return found
