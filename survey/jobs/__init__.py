"""Long work: kept as jobs on a queue, and done by worker processes, never by a web process."""
