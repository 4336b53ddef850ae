"""Figures of all schools together: year groups, and changes between surveys."""
