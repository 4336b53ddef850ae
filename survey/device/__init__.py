"""Sealed addresses that a student's device holds for a short time, and sessions that have ended."""
