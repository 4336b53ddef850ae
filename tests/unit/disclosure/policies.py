"""Policies that only tests use."""

from __future__ import annotations

from survey.disclosure.policy import Policy, RoundingLevel

TENS = Policy(version="tens-1", start=RoundingLevel.BASE_10)
"""Every number to the nearest ten or more."""
