"""Pages that are the same for everyone, kept ready to send: bounded, the least used go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock

from survey.http.page_compression import PreparedPage

MOST_BYTES = 48 * 1024 * 1024
"""Some 15,000 pages: a survey of 35 pages in three languages and five year groups has 500."""

BESIDE_A_PAGE = 1024
"""What a page takes apart from its packed bytes, about."""


@dataclass(frozen=True)
class KeptPage:
    """A page with the status and the headers that the app gave it."""

    status: str
    headers: tuple[tuple[str, str], ...]
    page: PreparedPage

    @property
    def size(self) -> int:
        return len(self.page.packed) + BESIDE_A_PAGE


class KeptPages:
    """The pages by all that they depend on. A survey that says something else has other keys, so
    no page can be out of date."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._size = 0
        self._pages: OrderedDict[Hashable, KeptPage] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> KeptPage | None:
        with self._lock:
            found = self._pages.get(key)
            if found is not None:
                self._pages.move_to_end(key)
            return found

    def keep(self, key: Hashable, page: KeptPage) -> None:
        with self._lock:
            before = self._pages.pop(key, None)
            self._size += page.size - (before.size if before else 0)
            self._pages[key] = page
            while self._size > self._most:
                _key, oldest = self._pages.popitem(last=False)
                self._size -= oldest.size

    @property
    def size(self) -> int:
        """Bytes, about."""
        return self._size
