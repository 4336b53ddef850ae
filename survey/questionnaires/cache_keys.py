"""Frozen dataclasses that hold thousands of words and are keys of caches."""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance as Base
else:
    Base = object

_numbers = count()


class CacheKey(Base):
    """Compares and hashes like a dataclass (the class itself says `eq=False`), but reads its words
    once. Two objects that were found equal know it from then on: a process has several of one
    questionnaire, and caches compare the same two with each page of a student."""

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, CacheKey) or type(other) is not type(self):
            return NotImplemented
        if self._group != other._group:
            if self._hash != other._hash or self._values() != other._values():
                return False
            # The lower number, so that any number of equal objects come to have one.
            self.__dict__["_group"] = other.__dict__["_group"] = min(self._group, other._group)
        return True

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _group(self) -> int:
        """The same number means equal."""
        return next(_numbers)

    @cached_property
    def _hash(self) -> int:
        return hash(self._values())

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, one.name) for one in fields(self) if one.compare)

    def __getstate__(self) -> dict[str, Any]:
        # In another process strings have other hashes, and numbers begin again.
        own = {"_group", "_hash"}
        return {name: value for name, value in self.__dict__.items() if name not in own}
