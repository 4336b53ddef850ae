"""The form for the number of slips that came back, by year group."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired, NumberRange

from survey.campaigns.card_allowance import Cards
from survey.edit_conflicts import EditForm
from survey.typed_fields import CountField
from survey.year_groups.values import OLDEST, YOUNGEST
from survey.year_groups.wording import year_name


class SlipsForm(EditForm):
    """With a field for each year group that needs slips, `slips_7` and so on."""

    @classmethod
    def of(cls, cards: Cards) -> SlipsForm:
        """The numbers that were counted before; none for year groups without students."""
        asked = {one.year: one for one in cards.years if one.slips is not None and one.on_roll}
        form = cls(data={f"slips_{year}": one.slips for year, one in asked.items()})
        for year in range(YOUNGEST, OLDEST + 1):
            if year not in asked:
                del form[f"slips_{year}"]
            else:
                field = form[f"slips_{year}"]
                field.label.text = year_name(year)
                field.description = _l("of %(roll)s on roll", roll=asked[year].on_roll)
        return form

    def year_fields(self) -> list[Any]:
        return [self[name] for name in self._fields if name.startswith("slips_")]

    def counted(self) -> dict[int, int]:
        return {int(one.name.removeprefix("slips_")): one.data for one in self.year_fields()}


for _year in range(YOUNGEST, OLDEST + 1):
    setattr(
        SlipsForm,
        f"slips_{_year}",
        CountField(
            "",
            [
                InputRequired(_l("Write a whole number, like 30.")),
                NumberRange(0, 1000, _l("Write a number from 0 to %(most)s.", most=1000)),
            ],
            render_kw={"inputmode": "numeric"},
        ),
    )
