"""Turns a cleaned SVG into PNG, in a separate process with little time and little memory.

A drawing that keeps its promises as a text can still cost a renderer minutes: it does so here, and
not in the server. Run by path, so that nothing of the app is loaded next to it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import vl_convert

SECONDS = 10
MEMORY_BYTES = 2 * 1024**3
FONTS = Path(__file__).parents[3] / "fonts"


def limit() -> None:
    """Bounds this process where the system can; the caller's own clock bounds it everywhere."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> None:
    limit()
    vl_convert.register_font_directory(str(FONTS))
    sys.stdout.buffer.write(vl_convert.svg_to_png(sys.stdin.buffer.read().decode()))


if __name__ == "__main__":
    main()
