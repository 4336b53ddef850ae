"""`TableKey`: the key of a published table, which is also the name of the form field it counts."""

from __future__ import annotations

from functools import lru_cache

ROW, OPTION, INDICATOR = ".", ":", "@"


@lru_cache(maxsize=4096)
def item_of(name: str) -> str:
    """The key of the question of a field, for what is asked on every page."""
    return TableKey(name).item


class TableKey(str):
    """The key of a table: of a question ("B1"), of one row of a grid ("B2.toilets"), of one option
    of a tick-all question ("B3:lunch") or of an indicator ("@feels_safe").

    It is a string, so that it is stored, sorted and compared as the released document has it. All
    code that makes or reads such a key does it here. A form field is named by the same keys, and
    the indicators among the sums of a table are, too.
    """

    __slots__ = ()

    @classmethod
    def of_row(cls, item: str, row: str) -> TableKey:
        return cls(f"{item}{ROW}{row}")

    @classmethod
    def of_option(cls, item: str, option: str) -> TableKey:
        return cls(f"{item}{OPTION}{option}")

    @classmethod
    def of_indicator(cls, indicator: str) -> TableKey:
        return cls(f"{INDICATOR}{indicator}")

    @property
    def item(self) -> str:
        """The key of the question; empty for an indicator, which may count several."""
        return "" if self.is_indicator else self.partition(ROW)[0].partition(OPTION)[0]

    @property
    def row(self) -> str:
        """The row of a grid, or empty."""
        return "" if self.is_indicator else self.partition(ROW)[2]

    @property
    def option(self) -> str:
        """The option of a tick-all question, or empty."""
        return "" if self.is_indicator else self.partition(OPTION)[2]

    @property
    def part(self) -> str:
        """The row or the option, or empty."""
        return self.row or self.option

    @property
    def indicator(self) -> str:
        """The key of the indicator, or empty."""
        return self.removeprefix(INDICATOR) if self.is_indicator else ""

    @property
    def is_indicator(self) -> bool:
        return self.startswith(INDICATOR)
