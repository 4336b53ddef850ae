"""Forms to start, adapt, launch and invite to surveys."""
