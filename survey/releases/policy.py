"""The policy that releases and comparisons are protected under."""

from __future__ import annotations

from survey.disclosure.policy import STANDARD

POLICY = STANDARD
