"""Draws charts, one after the other, in a process that `survey.rendering.renderer` starts.

The drawing library is native code. It can stop its process, keep it busy for ever, or wait for a
lock that another thread of the same process holds. This file is run by path, so that nothing of the
app is loaded. Requests and answers are JSON, each after its length in four bytes.
"""

from __future__ import annotations

import base64
import json
import os
import struct
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import vl_convert

MOST_RESIDENT_BYTES = 1536 * 1024**2
"""Memory at which the process ends after an answer; the next request starts another."""

LENGTH = struct.Struct(">I")
FONTS = Path(__file__).parents[2] / "fonts"


def svg(given: Any) -> Any:
    """A chart in Vega-Lite as SVG."""
    return vl_convert.vegalite_to_svg(given)


def png(given: Any) -> Any:
    """An SVG as PNG."""
    drawn = vl_convert.svg_to_png(given["svg"], scale=given["scale"])
    return base64.b64encode(drawn).decode()


TASKS: Mapping[str, Callable[[Any], Any]] = {"svg": svg, "png": png}


def resident_bytes() -> int:
    """The memory that the process holds, or where the system does not say, the most it has held.
    Linux counts the latter on from the process that started this one, however large that is."""
    held = Path("/proc/self/statm")
    if held.exists():
        return int(held.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "win32":
        return 0
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def read_one(stream: IO[bytes]) -> Any | None:
    """The next message; None when the other side has gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return json.loads(stream.read(LENGTH.unpack(head)[0]))


def write_one(stream: IO[bytes], message: Any) -> None:
    body = json.dumps(message).encode()
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


def main() -> None:
    # Whatever the library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    vl_convert.register_font_directory(str(FONTS))
    while (asked := read_one(sys.stdin.buffer)) is not None:
        try:
            answer = {"made": TASKS[asked["task"]](asked["given"])}
        except Exception as error:  # the asker's to hear
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
        write_one(answers, answer)
        if resident_bytes() > MOST_RESIDENT_BYTES:
            return


if __name__ == "__main__":
    main()
