"""Funnel limits, and which outliers are significant."""
