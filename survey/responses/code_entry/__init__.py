"""Entering a code, and limits on guessing."""
