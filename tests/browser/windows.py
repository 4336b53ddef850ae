"""Browsers as people have them: a window on a screen, a profile on the disk, and a memory of pages
for Back. Chromium and Firefox, each driven by the protocol that it speaks itself."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.browser.devtools_pipe import Pipe
from tests.browser.driving import chromium
from tests.ports import free_port

WAIT_SECONDS = 120.0
STEP_SECONDS = 0.05
SETTLE_SECONDS = 0.15
STARTS = 3
IS_SHOWN = "document.readyState == 'complete' && !document.documentElement.hidden"
"""A page that is about to give way to another hides itself."""
WHICH = "performance.timeOrigin"
"""Each document has its own, and one that comes back from memory the one it had."""
CLICKABLE = """(() => {{
  const found = document.querySelector({selector})
  if (!found) return null
  found.scrollIntoView({{block: 'center', behavior: 'instant'}})
  const box = found.getBoundingClientRect()
  const at = [box.x + box.width / 2, box.y + box.height / 2]
  const hit = document.elementFromPoint(...at)
  return hit && (found.contains(hit) || hit.contains(found)) ? at : null
}})()"""
"""Where to click: the middle of an element, once nothing covers it."""


@contextmanager
def screen() -> Iterator[str]:
    """A screen without a viewer; skipped where there is none available, and in CI a failure."""
    if shutil.which("Xvfb") is None:
        if os.environ.get("CI"):
            pytest.fail("Xvfb is not installed, and in CI nothing is skipped")
        pytest.skip("no Xvfb")
    reading, writing = os.pipe()
    shape = ["-screen", "0", "1100x900x24"]
    command = ["Xvfb", "-displayfd", str(writing), *shape, "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as told:
        display = f":{told.readline().strip()}"
    try:
        yield display
    finally:
        process.terminate()
        process.wait()


def wait_until(what: str, is_so: Any) -> Any:
    """What `is_so` gives, once it gives something."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(LookupError, OSError):
            if found := is_so():
                return found
        time.sleep(STEP_SECONDS)
    raise TimeoutError(what)


def until_it_stays(evaluate: Callable[[str], Any]) -> None:
    """Waits until a page is there, whole and shown, and is still the same a moment later: by itself
    a page may give way to another on being shown."""
    seen: list[Any] = []

    def stays() -> bool:
        shown, which = evaluate(f"[{IS_SHOWN}, {WHICH}]")
        seen.append(which if shown else None)
        if not shown or seen[-2:] != [which, which]:
            time.sleep(SETTLE_SECONDS)
            return False
        return True

    wait_until("the page", stays)


@contextmanager
def _started(
    command: list[str], added: dict[str, str], given: tuple[int, ...] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """A browser that goes on running, or is ended here if what follows its start fails."""
    process = subprocess.Popen(
        command,
        env=os.environ | added,
        pass_fds=given,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # a separate group, to be ended as a whole
    )
    try:
        yield process
    except BaseException:
        end(process)
        raise


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a browser with all of its processes, and waits for it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _first_that_starts(start: Callable[[], None]) -> None:
    """A browser that restores its last session sometimes answers and then hangs before it can be
    driven. It is then ended and started again: a person would do the same, and nothing has been
    looked at yet."""
    for _ in range(STARTS - 1):
        with contextlib.suppress(OSError, LookupError):
            return start()
    return start()


class Window(Protocol):
    """What the tests do with a browser, whichever it is."""

    def open(self, address: str) -> None: ...
    def run(self, script: str) -> Any: ...
    def back(self) -> None: ...
    def forward(self) -> None: ...
    def reload(self) -> None: ...
    def click(self, selector: str) -> None: ...
    def type(self, selector: str, words: str) -> None: ...


class Chromium:
    """Chromium by its own protocol. Scripts of pages can be off; ours still look at the page."""

    SWITCHES = (
        "--no-sandbox",
        "--no-first-run",
        "--disable-sync",
        "--restore-last-session",
        "--allow-pre-commit-input",  # a click on a page that is not yet drawn is not lost
    )

    def __init__(self, profile: Path, display: str, script: bool) -> None:
        command = [chromium(), *self.SWITCHES, f"--user-data-dir={profile}"]
        self.script = script
        _first_that_starts(lambda: self._start(command, display))

    def _start(self, command: list[str], display: str) -> None:
        self.pipe, self.session = Pipe(), None
        started = _started(self.pipe.command(command), {"DISPLAY": display}, self.pipe.given)
        try:
            with started as self.process:
                self.pipe.begun()
                self._take(wait_until("a page", self._first_page))
                self._settle()
        except BaseException:
            self.pipe.close()
            raise

    def _say(self, method: str, **given: Any) -> Any:
        return self.pipe.ask(method, given, self.session, WAIT_SECONDS)

    def _first_page(self) -> str | None:
        targets = self._say("Target.getTargets")["targetInfos"]
        return next((one["targetId"] for one in targets if one["type"] == "page"), None)

    def _take(self, target: str) -> None:
        taken = self._say("Target.attachToTarget", targetId=target, flatten=True)
        self.session: str | None = taken["sessionId"]
        if not self.script:
            self._say("Emulation.setScriptExecutionDisabled", value=True)

    def _evaluate(self, script: str) -> Any:
        found = self._say("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in found:
            raise LookupError(f"{script}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def open(self, address: str) -> None:
        problem = self._say("Page.navigate", url=address).get("errorText")
        assert not problem, f"{address}: {problem}"
        self._settle()

    def run(self, script: str) -> Any:
        for _try in range(3):
            with contextlib.suppress(LookupError):
                return self._evaluate(script)
            self._settle()  # a page that asks itself whether it may be shown
        return self._evaluate(script)

    def click(self, selector: str) -> None:
        before = self._entry()
        spot = CLICKABLE.format(selector=json.dumps(selector))
        x, y = wait_until(selector, lambda: self._evaluate(spot))
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = {"button": "left", "clickCount": 1} if kind != "mouseMoved" else {}
            self._say("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)
        wait_until(f"a page after {selector}", lambda: self._entry() != before)
        self._settle()

    def type(self, selector: str, words: str) -> None:
        """Letter by letter, as keys do: what a browser remembers of forms, it was typed."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        for letter in words:
            for kind in ("keyDown", "keyUp"):
                self._say("Input.dispatchKeyEvent", type=kind, text=letter, key=letter)

    def _entry(self) -> tuple[int, str]:
        history = self._history()
        entry = history["entries"][history["currentIndex"]]
        return entry["id"], entry["url"]

    def _history(self) -> Any:
        # While one page takes the place of another, neither is there to be asked.
        return wait_until("the history", lambda: self._say("Page.getNavigationHistory"))

    def _settle(self) -> None:
        until_it_stays(self._evaluate)

    def _go(self, by: int) -> None:
        history = self._history()
        at = history["currentIndex"] + by
        if not 0 <= at < len(history["entries"]):
            return
        self._say("Page.navigateToHistoryEntry", entryId=history["entries"][at]["id"])
        wait_until("the history", lambda: self._index() == at)
        self._settle()

    def _index(self) -> int:
        index: int = self._history()["currentIndex"]
        return index

    def back(self) -> None:
        self._go(-1)

    def forward(self) -> None:
        self._go(1)

    def reload(self) -> None:
        before = self.run(WHICH)
        self._say("Page.reload")
        wait_until("another page", lambda: self._evaluate(WHICH) != before)
        self._settle()

    def kill(self) -> None:
        """As a crash does: nothing more is written."""
        end(self.process)

    def quit(self) -> None:
        """As a person does: the browser writes down what it means to keep."""
        self.session = None
        with contextlib.suppress(LookupError, OSError):
            self._say("Browser.close")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=WAIT_SECONDS)
        end(self.process)
        self.pipe.close()


class Firefox:
    """Firefox by Marionette, the protocol that it brings along: lines of JSON over a socket."""

    PREFS = (
        ("remote.prefs.recommended", False),
        ("app.normandy.enabled", False),
        ("app.update.disabledForTesting", True),
        ("browser.aboutwelcome.enabled", False),
        ("browser.shell.checkDefaultBrowser", False),
        ("browser.startup.page", 3),
        ("datareporting.policy.dataSubmissionEnabled", False),
        ("toolkit.telemetry.reportingpolicy.firstRun", False),
        ("browser.sessionhistory.max_total_viewers", 8),
        ("browser.sessionstore.interval", 500),
    )

    def __init__(self, profile: Path, display: str, script: bool) -> None:
        found = shutil.which("firefox-esr") or shutil.which("firefox")
        if found is None:
            if os.environ.get("CI"):
                pytest.fail("Firefox is not installed, and in CI nothing is skipped")
            pytest.skip("no Firefox")
        profile.mkdir(exist_ok=True)
        port = free_port()
        prefs = (*self.PREFS, ("marionette.port", port), ("javascript.enabled", script))
        lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in prefs]
        (profile / "user.js").write_text("\n".join(lines))
        command = [found, "--marionette", "--no-remote", "--profile", str(profile)]
        _first_that_starts(lambda: self._start(command, display, port))

    def _start(self, command: list[str], display: str, port: int) -> None:
        added = {"DISPLAY": display, "MOZ_DISABLE_CONTENT_SANDBOX": "1"}
        with _started(command, added) as self.process:
            self.line: socket.socket = wait_until("Firefox", lambda: self._connected(port))
            self.number = 0
            self.say("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})

    def _connected(self, port: int) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)
        self._left = b""
        self.line = line
        try:
            self._heard()
        except BaseException:
            line.close()
            raise
        return line

    def _heard(self) -> Any:
        while b":" not in self._left:
            self._left += self._piece()
        length, _, rest = self._left.partition(b":")
        while len(rest) < int(length):
            rest += self._piece()
        self._left = rest[int(length) :]
        return json.loads(rest[: int(length)])

    def _piece(self) -> bytes:
        piece = self.line.recv(65536)
        if not piece:
            raise OSError("Firefox hung up")
        return piece

    def say(self, command: str, given: dict[str, Any] | None = None) -> Any:
        self.number += 1
        words = json.dumps([0, self.number, command, given or {}]).encode()
        self.line.sendall(str(len(words)).encode() + b":" + words)
        while True:
            _kind, number, error, result = self._heard()
            if number == self.number:
                break
        if error:
            raise LookupError(f"{command}: {error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def open(self, address: str) -> None:
        self.say("WebDriver:Navigate", {"url": address})

    def run(self, script: str) -> Any:
        return self.say("WebDriver:ExecuteScript", {"script": f"return ({script})", "args": []})

    def chrome(self, script: str) -> Any:
        """A script of the browser itself and not of the page."""
        self.say("Marionette:SetContext", {"value": "chrome"})
        try:
            return self.say("WebDriver:ExecuteScript", {"script": script, "args": []})
        finally:
            self.say("Marionette:SetContext", {"value": "content"})

    def _element(self, selector: str) -> Any:
        found = self.say("WebDriver:FindElement", {"using": "css selector", "value": selector})
        return next(iter(found.values())) if isinstance(found, dict) else found

    def type(self, selector: str, words: str) -> None:
        self.say("WebDriver:ElementSendKeys", {"id": self._element(selector), "text": words})

    def click(self, selector: str) -> None:
        before = self._entry()
        self.say("WebDriver:ElementClick", {"id": self._element(selector)})
        wait_until(f"a page after {selector}", lambda: self._entry() != before)
        self._settle()

    def _entry(self) -> str:
        return str(self.say("WebDriver:GetCurrentURL"))

    def _settle(self) -> None:
        until_it_stays(self.run)

    def back(self) -> None:
        self.say("WebDriver:Back")
        self._settle()

    def forward(self) -> None:
        self.say("WebDriver:Forward")
        self._settle()

    def reload(self) -> None:
        self.say("WebDriver:Refresh")
        self._settle()

    def kill(self) -> None:
        end(self.process)

    def quit(self) -> None:
        with contextlib.suppress(LookupError, OSError):
            self.say("Marionette:Quit", {"flags": ["eAttemptQuit"]})
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=120)
        end(self.process)
        self.line.close()
