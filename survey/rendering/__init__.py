"""Drawing charts in a separate process."""
