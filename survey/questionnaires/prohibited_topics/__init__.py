"""Topics that a school’s own questions may not ask about."""
