"""Running the service: checks, metrics, start, exit codes."""
