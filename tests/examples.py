"""How many examples a property draws, where the profiles of `tests/conftest.py` draw too few."""

from __future__ import annotations

from hypothesis import settings

OF_A_PROMISE = settings(max_examples=max(100, settings().max_examples))
"""A property of sealed answers, codes, texts or year bands: cheap, and never to be broken."""
