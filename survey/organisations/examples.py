"""What the gallery of interface parts shows in its parts: invented words and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXAMPLES: Mapping[str, Any] = {
    "notices": ("info", "done", "warn", "error"),
    "tags": ("plain", "open", "wait", "quiet"),
    "title": "Survey of March",
    "words": "The survey opens on Monday and closes on Friday of the week after.",
    "facts": (("First day", "2 March"), ("Last day", "13 March"), ("Answers", "640")),
    "columns": ("Year group", "Students", "Answers"),
    "rows": (("Year 7", 180, 164), ("Year 8", 176, 151), ("Year 9", 190, 158)),
}
