"""Forms to send a file and to confirm what it would do."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired

from survey.errors import RefusedError
from survey.organisations.forms import NATIONS
from survey.organisations.models import Nation
from survey.organisations.school_files.csv_table import LARGEST_FILE_BYTES
from survey.typed_fields import UploadField


def too_large() -> RefusedError:
    return RefusedError(
        _("The file is larger than 16 MB. Leave out the schools of other areas and send it again.")
    )


class SchoolFileForm(FlaskForm):
    file = UploadField(
        _l("File of schools or rolls"),
        [DataRequired(_l("Choose a file."))],
        description=_l("CSV, up to 16 MB and 20,000 rows."),
        most_bytes=LARGEST_FILE_BYTES,
        too_large=too_large,
        render_kw={"accept": ".csv,.txt,text/csv"},
    )
    nation = SelectField(
        _l("Nation, where the file does not say"),
        choices=[SelectChoice(nation.value, label) for nation, label in NATIONS.items()],
    )

    def chosen_nation(self) -> Nation:
        return Nation(self.nation.data)


class ConfirmForm(FlaskForm):
    """`shown` is the fingerprint of what the page shows."""

    shown = HiddenField()
    without = BooleanField(_l("Go on without the rows that are refused"))

    def __init__(self, refused: int, **given: Any) -> None:
        super().__init__(**given)
        if refused:
            self.without.validators = [
                DataRequired(
                    _(
                        "Mend the file and send it again, or say that you want to go on without"
                        " these rows."
                    )
                )
            ]
        else:
            del self.without
