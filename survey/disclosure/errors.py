"""The base class of the engine's errors."""


class TableError(ValueError):
    """A table, breakdown or group that cannot be true.  Nothing is published from it."""
