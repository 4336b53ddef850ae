"""Year 6 of primary schools."""
