"""Actions that one member of a school cannot do alone: one person asks, another answers."""
