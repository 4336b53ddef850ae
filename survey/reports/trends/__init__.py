"""Changes of a school between its surveys."""
