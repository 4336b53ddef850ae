"""Frozen dataclasses that are keys of caches and hold thousands of words."""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance as Base
else:
    Base = object


class HashedOnce(Base):
    """Hashes all that is compared, once for each object. The class itself has to say
    `__hash__ = HashedOnce.__hash__`, or `dataclass` puts its own in that place."""

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(getattr(self, one.name) for one in fields(self) if one.compare))

    def __getstate__(self) -> dict[str, Any]:
        # Strings have other hashes in another process.
        return {name: value for name, value in self.__dict__.items() if name != "_hash"}
