"""The provenance of an exported file: the school, the dates, and the hash that identifies its
release."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import format_date

from survey import pdf as typeset
from survey.campaigns.models import Wave
from survey.campaigns.queries import consent_of
from survey.database import read
from survey.i18n import gettext as _
from survey.organisations.letterhead import find_logo, printed_name
from survey.organisations.policies.consent import OPT_OUT, Consent
from survey.releases.models import StoredRelease
from survey.reports.table_of_contents import contents_of

DAY, MONTH = "d MMMM y", "MMMM y"


@dataclass(frozen=True)
class Imprint:
    """The provenance of one release, before it is translated."""

    school: str
    title: str
    wave: int
    opened_on: date | None
    closed_on: date | None
    released_on: date
    release_hash: str
    is_certified: bool
    logo: bytes | None = None
    consent: Consent = OPT_OUT

    @classmethod
    def of(cls, wave: Wave, stored: StoredRelease) -> Imprint:
        school = wave.campaign.school
        logo = find_logo(read(), school.school_id)
        return cls(
            printed_name(read(), school, published_as=stored.school_name),
            contents_of(wave, stored).title or wave.campaign.title,
            wave.number,
            wave.opened_on,
            wave.closed_on,
            stored.released_on,
            stored.release_hash,
            stored.is_certified,
            logo.content if logo else None,
            consent_of(wave),
        )

    @property
    def short_hash(self) -> str:
        return self.release_hash[:12]

    @property
    def month(self) -> str:
        """The month of the survey, or its number if no day is known."""
        if self.opened_on is None:
            return _("Survey %(number)s", number=self.wave)
        return str(format_date(self.opened_on, MONTH))

    def file_name(self, what: str, ending: str) -> str:
        """The name of a file: the school, the month, and the kind of file."""
        named = unicodedata.normalize("NFKD", f"{self.school} {self.month} {what}")
        plain = named.encode("ascii", "ignore").decode().lower()
        return f"{re.sub(r'[^a-z0-9]+', '-', plain).strip('-') or 'report'}.{ending}"

    def days(self) -> str:
        """The dates of the survey and of its publication."""
        said = _("Published on %(day)s.", day=day(self.released_on))
        if not (self.opened_on and self.closed_on):
            return said
        between = _(
            "Answered between %(first)s and %(last)s.",
            first=day(self.opened_on),
            last=day(self.closed_on),
        )
        return f"{between} {said}"

    def printed(self) -> dict[str, Any]:
        """The content of the first page of a printed file."""
        logo = self.logo
        return {
            "school": self.school,
            "school_runs": typeset.runs(self.school),
            "logo": list(logo) if logo else [],
            "heading": self.title,
            "heading_runs": typeset.runs(self.title),
            "wave": self.month,
            "days": self.days(),
            "source": self.source(),
            "hash": self.release_hash,
        }

    def source(self) -> str:
        """The line below every image and table that is exported."""
        return _(
            "%(school)s, %(month)s. Rounded figures. Report reference %(release)s.",
            school=self.school,
            month=self.month,
            release=self.short_hash,
        )


def day(when: date) -> str:
    return str(format_date(when, DAY))
