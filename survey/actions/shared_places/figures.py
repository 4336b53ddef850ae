"""The figure of a shared place over its schools.

It is made of the shares that their releases print, each school weighed by its band. It needs at
least five schools that are in the comparison of the wave, and may not tell which school a letter
is (`reports.comparisons.named_figures_and_letters`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.actions.shared_places import ledger
from survey.actions.shared_places import operations as shared_place_operations
from survey.actions.shared_places.models import SharedFigure, SharedPlace
from survey.campaigns.models import Programme
from survey.campaigns.programme_operations import hold_all
from survey.campaigns.queries import programme_template
from survey.campaigns.readers.joining import TakesPart, taking_part
from survey.disclosure.coalitions import ALIKE as ALIKE_SCHOOLS
from survey.disclosure.coalitions import Tied, keeps_figures
from survey.disclosure.policy import STANDARD
from survey.errors import NotNowError
from survey.i18n import gettext as _
from survey.permissions import MemberLike
from survey.questionnaires.model import Questionnaire
from survey.questionnaires.table_key import TableKey
from survey.releases import sums_of_answers
from survey.releases.models import StoredComparison, StoredRelease
from survey.releases.register import publications
from survey.reports.comparisons.build_comparison import own_letter
from survey.reports.comparisons.comparison_document import Comparison, SchoolFigure
from survey.reports.comparisons.named_figures_and_letters import NamedSchool, share_of, weigh
from survey.reports.comparisons.size_bands import read_bands
from survey.reports.comparisons.survey_months import survey_month
from survey.reports.school.report_data import Share
from survey.reports.trends.earlier_releases import SurveyReport, read_held


class CannotPutTogetherError(NotNowError):
    """Something is missing for a figure over schools."""


@dataclass(frozen=True)
class NamedFigure:
    """What the comparison shows of a school that agreed to be named."""

    school: str
    figure: SchoolFigure


@dataclass(frozen=True)
class WaveFigures:
    """A wave of a shared place: its stored figure, or what is missing for one."""

    number: int
    figure: SharedFigure | None
    named: tuple[NamedFigure, ...]
    missing: tuple[str, ...]


def wave_figures(db: Session, place: SharedPlace) -> tuple[WaveFigures, ...]:
    """Every wave that a school of the programme has begun, the newest first."""
    numbers = {number for one in taking_part(db, place.programme) for number in one.waves}
    return tuple(_wave(db, place, number) for number in sorted(numbers, reverse=True))


def _wave(db: Session, place: SharedPlace, number: int) -> WaveFigures:
    stored = _comparison(db, place, number)
    figure = next((one for one in place.figures if one.number == number), None)
    named = _named(db, place, stored) if stored else ()
    missing = () if figure else _missing(db, place, number)
    return WaveFigures(number, figure, named, missing)


@dataclass(frozen=True)
class WorkedOut:
    """A figure over schools before it is stored, and what must still be so then."""

    schools: int
    percent: int | None
    made_of: tuple[object, ...]


def work_out(db: Session, *, place: SharedPlace, number: int) -> WorkedOut:
    """The share of all its schools together, from what their releases print; raises a
    `CannotPutTogetherError`. Whether enough of them print one is shown only when the figure is
    made and its schools are fixed: tried with one school at a time, it would show which letter
    prints none."""
    made_of = _made_of(db, place)
    if missing := _missing(db, place, number):
        raise CannotPutTogetherError(" ".join(missing))
    shares = []
    compared = {one.school_id: one for one in _compared(db, place, number)}
    ties = shared_place_operations.ties_of(place)
    for part in taking_part(db, place.programme):
        school_id = part.campaign.school_id
        one, key = compared.get(school_id), ties.get(school_id)
        held = _held(db, part, number) if one and key else None
        share = _unsafe(held, key) if held and key else None
        if one and share is not None:
            shares.append((share, one.weighs))
    return WorkedOut(len(ties.keys() & compared.keys()), share_of(shares, STANDARD), made_of)


def keep(
    db: Session,
    *,
    place: SharedPlace,
    number: int,
    worked: WorkedOut,
    today: date,
    by: MemberLike | None,
) -> SharedFigure:
    """Stores a figure, once, while no other figure or comparison of any reader can be stored.
    Raises a `CannotPutTogetherError` if what it was worked out from has changed."""
    hold_all(db)
    db.expire_all()
    if _made_of(db, place) != worked.made_of or not _keeps_letters(db, place, number):
        raise CannotPutTogetherError(
            _(
                "Something changed while the figures were being put together, so nothing was kept."
                " Put them together again."
            )
        )
    figure = shared_place_operations.keep_figure(
        db,
        place=place,
        number=number,
        schools=worked.schools,
        percent=worked.percent,
        today=today,
        by=by,
    )
    db.flush()
    ledger.enter(place, figure)
    return figure


def _made_of(db: Session, place: SharedPlace) -> tuple[object, ...]:
    """What a figure follows from, without the releases themselves: they never change."""
    compared = select(StoredComparison.number, StoredComparison.release_hash).where(
        StoredComparison.authority_id == place.authority_id,
        StoredComparison.programme_id == place.programme_id,
    )
    others = [
        (other.shared_place_id, sorted(shared_place_operations.ties_of(other).items()))
        for other in shared_place_operations.places_of(db, place.programme)
        if other is not place and other.figures
    ]
    states = [
        (one.campaign.school_id, [(wave.wave_id, wave.state) for wave in one.waves.values()])
        for one in taking_part(db, place.programme)
    ]
    ties = sorted(shared_place_operations.ties_of(place).items())
    return sorted(tuple(one) for one in db.execute(compared)), ties, sorted(others), states


def _missing(db: Session, place: SharedPlace, number: int) -> tuple[str, ...]:
    """Reasons why a figure cannot be made. They give nothing of what any school prints."""
    if _comparison(db, place, number) is None:
        return (
            _(
                "The comparison of %(month)s is not made yet.",
                month=survey_month(place.programme, number),
            ),
        )
    compared, ties = _compared(db, place, number), shared_place_operations.ties_of(place)
    if sum(one.school_id in ties for one in compared) < STANDARD.schools_at_least:
        return (
            _(
                "Fewer than %(needed)s of its schools are in the comparison. So many are needed, so"
                " that none can be worked out from the others.",
                needed=STANDARD.schools_at_least,
            ),
        )
    if not _keeps_letters(db, place, number):
        return (
            _(
                "It could tell which school a letter is. Of the schools of about one size, it may"
                " take in all by the same kind of place, or none; or else at least %(needed)s, and"
                " leave out at least %(needed)s. The other figures of this programme count too, and"
                " so do the comparisons and figures of other readers of these schools.",
                needed=ALIKE_SCHOOLS,
            ),
        )
    return ()


def _keeps_letters(db: Session, place: SharedPlace, number: int) -> bool:
    """A letter can be followed through all surveys and by all readers, so the figures and the
    comparisons of all are seen together."""
    ties = ledger.ties_of_figure(place, number)
    new = Tied(ledger.schools_of(place, number) or frozenset(ties), ties)
    seen = [one for one in publications.letters_seen() if not new.among.isdisjoint(one.groups)]
    whole = publications.tied(publications.whole_ties())
    return keeps_figures(seen, [*ledger.other_figures(db, place), *whole], new)


def _compared(db: Session, place: SharedPlace, number: int) -> tuple[NamedSchool, ...]:
    """The schools that are in the comparison of a wave, with the band each is in."""
    stored = _comparison(db, place, number)
    if stored is None:
        return ()
    comparison = Comparison.from_json(stored.document)
    bands = read_bands(comparison)
    schools = {one.code: one for one in comparison.schools}
    weights = weigh(bands, {code: one.responded for code, one in schools.items()})
    found = []
    for school_id, code in _codes(db, place.programme, number, comparison).items():
        band = next(one.at for one in bands if code in one.codes)
        found.append(NamedSchool(school_id, band, weights[code], schools[code].name is not None))
    return tuple(found)


def _codes(
    db: Session, programme: Programme, number: int, comparison: Comparison
) -> Mapping[uuid.UUID, str]:
    """The letter of each compared school."""
    found = {}
    for part in taking_part(db, programme):
        found_hash = _release_hash(db, part, number)
        code = own_letter(comparison.releases, found_hash) if found_hash else None
        if code is not None:
            found[part.campaign.school_id] = code
    return found


def _named(db: Session, place: SharedPlace, stored: StoredComparison) -> tuple[NamedFigure, ...]:
    """Figures that the comparison already shows under the schools' names, as they were then."""
    comparison = Comparison.from_json(stored.document)
    ties = shared_place_operations.ties_of(place)
    codes = _codes(db, place.programme, stored.number, comparison)
    keys = {code: ties.get(school_id) for school_id, code in codes.items()}
    items = _items(programme_template(place.programme))
    found = []
    for at, school in enumerate(comparison.schools):
        key = keys.get(school.code)
        if key is None or not school.name:
            continue
        for item in items:
            figure = comparison.figure(TableKey.of_row(item, key), sums_of_answers.FEEL_UNSAFE)
            if figure is not None:
                found.append(NamedFigure(school.name, figure.schools[at]))
    return tuple(sorted(found, key=lambda one: one.school.casefold()))


def _items(questionnaire: Questionnaire) -> tuple[str, ...]:
    """The items that ask how safe places outside feel."""
    return tuple(
        item.key
        for item in questionnaire.items
        if item.places is not None
        and item.rows
        and any(box.key == sums_of_answers.FEEL_UNSAFE for box in sums_of_answers.boxes_of(item))
    )


def _unsafe(held: SurveyReport, key: str) -> Share | None:
    for item in _items(held.reading.questionnaire):
        try:
            return held.reading.share(TableKey.of_row(item, key), sums_of_answers.FEEL_UNSAFE)
        except KeyError:
            continue
    return None


def _held(db: Session, part: TakesPart, number: int) -> SurveyReport | None:
    wave = part.waves.get(number)
    held = read_held(db, wave=wave, language="en") if wave else ()
    return held[-1] if held and wave and held[-1].number == wave.number else None


def _release_hash(db: Session, part: TakesPart, number: int) -> str | None:
    """Of the report of a wave that is not withdrawn."""
    wave = part.waves.get(number)
    if wave is None:
        return None
    return db.scalar(
        select(StoredRelease.release_hash).where(
            StoredRelease.school_id == wave.school_id,
            StoredRelease.wave_id == wave.wave_id,
            StoredRelease.withdrawn_on.is_(None),
        )
    )


def _comparison(db: Session, place: SharedPlace, number: int) -> StoredComparison | None:
    return db.get(StoredComparison, (place.authority_id, place.programme_id, number))
