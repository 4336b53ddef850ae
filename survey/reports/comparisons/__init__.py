"""Comparisons of the schools of an authority."""
