"""Releases in the ledger, their secret random start, and the stamp of their code."""
