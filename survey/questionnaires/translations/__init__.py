"""Translations of questionnaires, and reviews of them."""
