"""Students, staff and parents compared on the same places."""
