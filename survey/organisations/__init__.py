"""Authorities, schools, members and their seats."""
