"""Errors that refuse a backup, a restore or a move. The message tells the operator what to do."""

from __future__ import annotations


class BackupError(Exception):
    """Nothing was made, and nothing was changed."""
