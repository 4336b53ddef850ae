"""Drawing can stop, hang or be asked for by many threads: it ends one drawing, not the server."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel

from survey.rendering import renderer as module
from survey.rendering.renderer import PROCESS, NotDrawnError, Renderer
from survey.reports.charts import dot_chart

ABORTS = "Sports\x02hall\ufffe"
"""The library ends its process at either of these."""


def saying(words: str) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": [{"words": words}]},
        "mark": "text",
        "encoding": {"text": {"field": "words"}},
    }


@pytest.fixture(scope="module")
def drawing() -> Iterator[Renderer]:
    made = Renderer()
    yield made
    made.close()


@pytest.mark.slow
def test_the_library_ends_its_process_at_a_control_letter() -> None:
    """Why it has its own process."""
    script = f"import vl_convert; vl_convert.vegalite_to_svg({saying(ABORTS)!r})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode < 0


def test_words_with_control_letters_are_drawn_without_them(drawing: Renderer) -> None:
    assert "Sportshall" in drawing.svg(saying(ABORTS))


def test_a_process_that_ends_is_started_again(
    drawing: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "_drawable", lambda value: value)
        with pytest.raises(NotDrawnError):
            drawing.svg(saying(ABORTS))
    assert "Gates" in drawing.svg(saying("Gates"))


def test_a_drawing_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import time\ntime.sleep(600)\n")
    slow = Renderer(seconds=0.2, process=sleeper)
    with pytest.raises(NotDrawnError, match="too long"):
        slow.svg(saying("Gates"))
    assert slow._process is None


def test_a_process_that_ends_after_each_drawing_is_started_again(tmp_path: Path) -> None:
    """As one does that has become too large."""
    small = tmp_path / "small.py"
    code = PROCESS.read_text(encoding="utf-8")
    assert "MOST_RESIDENT_BYTES = 1536" in code
    small.write_text(code.replace("MOST_RESIDENT_BYTES = 1536", "MOST_RESIDENT_BYTES = 0 * 1536"))
    drawing = Renderer(process=small)
    try:
        assert all("Gates" in drawing.svg(saying("Gates")) for _time in range(3))
    finally:
        drawing.close()


def test_the_size_of_the_process_that_asks_is_not_its_own() -> None:
    """A worker that audits holds gigabytes, and the system counts them on for what it starts."""
    mine = "import runpy, sys; print(runpy.run_path(sys.argv[1])['resident_bytes']())"
    ask = (
        "import subprocess, sys; large = bytearray(b'x') * 400_000_000;"
        " print(subprocess.check_output([sys.executable, '-c', *sys.argv[1:]], text=True))"
    )
    said = subprocess.check_output([sys.executable, "-c", ask, mine, str(PROCESS)], text=True)
    assert 0 < int(said) < 300_000_000


def test_what_the_library_refuses_is_an_error_of_one_drawing(drawing: Renderer) -> None:
    with pytest.raises(NotDrawnError):
        drawing.svg({"mark": "no such mark"})
    assert "Gates" in drawing.svg(saying("Gates"))


def test_many_readers_at_once_are_all_served(drawing: Renderer) -> None:
    """With the library in the web process two threads could wait for each other for ever: one for
    its lock, one for Python's, while the collector ran Python code in between."""
    done: list[str] = []
    yields = [lambda *_collected: time.sleep(0)]
    before = gc.get_threshold()
    gc.set_threshold(50)
    gc.callbacks.extend(yields)
    try:
        threads = [
            threading.Thread(
                target=lambda: done.extend(drawing.svg(saying("Gates")) for _ in range(10)),
                daemon=True,
            )
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=600)
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(yields[0])
    assert len(done) == 40


def test_a_chart_that_cannot_be_drawn_leaves_its_page_standing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = Flask("survey")
    Babel(app)

    def fails(*_given: object) -> str:
        raise NotDrawnError("gone")

    monkeypatch.setattr(dot_chart, "svg_of", fails)
    chart = dot_chart.Chart("B2", 'Where "unsafe" <now>', "", (), 10)
    with app.test_request_context():
        shown = dot_chart.draw(chart, kept_as=("hash",))
    assert "could not be drawn" in shown
    assert 'unsafe" <now>' not in shown
