"""What a comparison still needs before it can be made. Uses states and reports, never answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from survey.campaigns.lifecycle.school_progress import SchoolProgress, of_survey
from survey.campaigns.models import Programme, Wave
from survey.disclosure.policy import STANDARD
from survey.releases.models import StoredRelease
from survey.reports.comparisons.build_comparison import EVERYONE, is_too_large
from survey.reports.value_cache import Kept


@dataclass(frozen=True)
class Awaited:
    """The invited schools by name and how far each is; how many reports a comparison needs, and the
    largest share of the answers, in per cent, that one school may give. `one_too_large` says that
    one gives more."""

    schools: tuple[SchoolProgress, ...]
    needed: int
    share_at_most: int
    one_too_large: bool

    def sentences(self) -> tuple[str, ...]:
        """What is missing, in the words of an analyst."""
        made = sum(one.is_compared for one in self.schools)
        said = []
        if made < self.needed:
            said.append(
                str(
                    gettext(
                        "A comparison needs the reports of at least %(needed)s schools; %(made)s"
                        " have one.",
                        needed=self.needed,
                        made=made,
                    )
                )
            )
        waiting = sum(one.is_waited_for for one in self.schools)
        if waiting:
            said.append(
                str(
                    ngettext(
                        "%(num)s school has begun and has no report yet. The comparison is made"
                        " once, so it waits for it.",
                        "%(num)s schools have begun and have no report yet. The comparison is made"
                        " once, so it waits for them.",
                        waiting,
                    )
                )
            )
        if made >= self.needed and self.one_too_large:
            said.append(
                str(
                    gettext(
                        "One school gives more than %(share)s%% of the answers, so a comparison"
                        " would show little but that school. It needs the reports of more schools.",
                        share=self.share_at_most,
                    )
                )
            )
        if not said:
            said.append(str(gettext("Nothing: the comparison can be made now.")))
        return tuple(said)


def read_awaited(db: Session, *, programme: Programme, number: int, today: date) -> Awaited:
    """The progress of every invited school with survey `number`."""
    schools = of_survey(db, programme=programme, number=number, today=today)
    responded = [
        printed_numbers(stored)[1]
        for one in schools
        if one.is_compared and one.wave and (stored := stored_release(db, one.wave))
    ]
    return Awaited(
        schools=schools,
        needed=STANDARD.schools_at_least,
        share_at_most=STANDARD.school_share_at_most,
        one_too_large=is_too_large(responded, STANDARD),
    )


def stored_release(db: Session, wave: Wave) -> StoredRelease | None:
    """The release of a wave."""
    return db.get(StoredRelease, (wave.school_id, wave.wave_id))


_numbers: Kept[str, tuple[int, int]] = Kept(1000)
"""Roll and responses by the hash of their release."""


def printed_numbers(stored: StoredRelease) -> tuple[int, int]:
    """The roll that a release states and the responses that it prints, 0 where it does not."""

    def read() -> tuple[int, int]:
        # Two numbers of a large document: parsing all of it would take fifteen times longer.
        document = json.loads(stored.document)
        rows = document["participation"]["rows"]
        everyone = next(row for row in rows if row["group"] == EVERYONE.key)
        return int(document["header"].get("roll", 0)), int(everyone.get("base", 0))

    return _numbers.get(stored.release_hash, read)
