"""Signals that a document was stored, for what is drawn of it before its first reader comes."""

from __future__ import annotations

from blinker import Signal

release_stored = Signal()
"""Sent with `school_id` and `wave_id`, by the job that made the release."""

comparison_stored = Signal()
"""Sent with `authority_id`, `programme_id` and `number`, by a separate job."""
