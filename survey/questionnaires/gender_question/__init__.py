"""The question about sex or gender: its variants and the names of its groups."""
