"""The log of who did what: reading, checking, searching and exporting it."""
