"""Students for Locust: `locust -f load_students.py`, run by `benchmarks.load`.

Each student takes a code, turns every page after a pause, sends, and looks at the last page. With
LOAD_AGAIN another one follows at once, as long as there are codes. What matters is timed as a
person sees it: from the press of a button to the next page. The result is written as JSON.
"""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path
from typing import Any, ClassVar

from gevent.lock import Semaphore
from locust import FastHttpUser, events, task
from locust.exception import StopUser
from student_client import record

CODES = Path(os.environ["LOAD_CODES"]).read_text(encoding="utf-8").split()
EXPECTED = len(CODES)
PAUSE = float(os.environ.get("LOAD_PAUSE", "0"))
AGAIN = bool(os.environ.get("LOAD_AGAIN"))
RESULT = Path(os.environ["LOAD_RESULT"])
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Encoding": "br"}
BROWSER = {"Accept-Encoding": "br", "Sec-Fetch-Mode": "navigate"}
PRESS = "from the press to the next page"


class Survey:
    """What all students of a run share."""

    forms: ClassVar[list[bytes]] = []
    lock = Semaphore()
    thanked = 0
    failed: ClassVar[list[str]] = []

    @classmethod
    def learn(cls, address: str) -> None:
        with cls.lock:
            if not cls.forms:
                cls.forms, _size = record(address, CODES.pop())
                cls.thanked += 1


class Student(FastHttpUser):
    @task
    def answer(self) -> None:
        Survey.learn(self.host or "")
        if not CODES:
            raise StopUser
        try:
            self._walk(CODES.pop())
        except RuntimeError as error:
            Survey.failed.append(str(error))
        if not AGAIN:
            if Survey.thanked + len(Survey.failed) >= EXPECTED:
                self.environment.runner.quit()  # all have ended, so nothing is waited for
            raise StopUser

    def _walk(self, code: str) -> None:
        where = self._led(self.client.get, f"/s/{code}")
        page = self._page(where)
        for form in Survey.forms:
            if PAUSE:
                time.sleep(PAUSE * random.uniform(0.5, 1.5))
            started = time.perf_counter()
            where = self._led(self.client.post, where, data=form)
            page = self._page(where)
            events.request.fire(
                request_type="PAGE",
                name=PRESS,
                response_time=1000 * (time.perf_counter() - started),
                response_length=0,
                exception=None,
                context={},
            )
        if "Thank you" not in page:
            raise RuntimeError("no thanks")
        Survey.thanked += 1

    def _led(self, ask: Any, where: str, **given: Any) -> str:
        answer = ask(where, name=where[:3], allow_redirects=False, headers=FORM, **given)
        if answer.status_code != 303:
            raise RuntimeError(f"{answer.status_code} for a form")
        return str(answer.headers["Location"])

    def _page(self, where: str) -> str:
        answer = self.client.get(where, name="page", headers=BROWSER)
        if answer.status_code not in (200, 203):
            raise RuntimeError(f"{answer.status_code} for a page")
        return str(answer.text)


@events.quitting.add_listener
def write(environment: Any, **_rest: Any) -> None:
    presses = environment.stats.entries.get((PRESS, "PAGE"))
    RESULT.write_text(
        json.dumps(
            {
                "thanked": Survey.thanked,
                "failed": Survey.failed,
                "presses": presses.num_requests if presses else 0,
                "p50": presses.get_response_time_percentile(0.5) if presses else 0,
                "p95": presses.get_response_time_percentile(0.95) if presses else 0,
                "p99": presses.get_response_time_percentile(0.99) if presses else 0,
                "most": presses.max_response_time if presses else 0,
                "seconds": environment.stats.total.last_request_timestamp
                - environment.stats.total.start_time,
            }
        ),
        encoding="utf-8",
    )
