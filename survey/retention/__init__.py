"""Erasure and upkeep by the clock, and reminders."""
