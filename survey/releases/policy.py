"""The policy that releases and comparisons are protected under, and the version of the code."""

from __future__ import annotations

from survey.disclosure.policy import STANDARD

CODE_VERSION = "0.1.0"
"""Stands in every release. A test holds it to the version of the project."""

POLICY = STANDARD
