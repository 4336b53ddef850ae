"""Importing schools and people from a CSV file."""
