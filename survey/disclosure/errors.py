"""What every complaint of the engine is."""


class TableError(ValueError):
    """A table, lattice or group that cannot be true.  Nothing is published from it."""
