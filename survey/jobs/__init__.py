"""Background jobs: a queue, and the workers that run them outside the web process."""
