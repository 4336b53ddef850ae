"""Pages to choose or reset a password by a link."""
