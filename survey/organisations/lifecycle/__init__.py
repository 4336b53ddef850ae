"""Changing, closing, merging and erasing schools, authorities and accounts."""
