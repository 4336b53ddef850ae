"""Answers as bytes: on the way from page to page, and sealed in a box."""
