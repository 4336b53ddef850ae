"""Checks of a comparison against others with some of the same schools, from what was published.
Reads the ledger, so that a restored database does not forget what was published."""

from __future__ import annotations

import json
import uuid
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from survey.campaigns.models import Campaign, Programme
from survey.campaigns.readers import forecast
from survey.campaigns.readers.comparison_numbers import is_second, survey_of
from survey.campaigns.readers.models import Invitation, InvitationState
from survey.disclosure.coalitions import ALIKE, NAMED, SeenComparison, Split, Tied, splits
from survey.errors import NotNowError
from survey.logs import log
from survey.releases.models import StoredComparison, StoredRelease
from survey.releases.register import publications
from survey.reports.comparisons.all_schools.included_schools import (
    BOTH,
    FEW,
    YEARS,
    common_years,
    is_mixed,
    is_of_places,
    taken_in,
    with_years,
)
from survey.reports.comparisons.all_schools.year_group_figures import in_order
from survey.reports.comparisons.build_comparison import own_letter
from survey.reports.comparisons.comparison_document import Comparison, UnreadableComparisonError
from survey.reports.comparisons.size_bands import bands_of, read_bands, written

forecast.knows_published(publications.letters_seen)

Schools = Mapping[str, uuid.UUID]
"""The school by the hash of its release."""


class TogetherError(NotNowError):
    """Together with other readers' comparisons, this one would reveal which school a letter is."""


class NotLateError(NotNowError):
    """A second comparison before the first, or of too few schools that were late."""


@dataclass(frozen=True)
class Surroundings:
    """What else was published of the schools of a comparison, and what others will compare.

    `earlier` are the comparisons that have any of its schools, and those of the same programme;
    `figures` are those over named schools that other readers see, by the schools that each takes
    in, and `own_figures` those of this programme. A school that joins a programme is new to all of
    its earlier figures, so those are no reason against its next comparison. `tied` are all of
    them, among the schools they were made of. `elsewhere` are, by school, the programmes of other
    readers that it takes part in."""

    schools: Schools
    earlier: tuple[SeenComparison[uuid.UUID], ...]
    figures: tuple[Mapping[uuid.UUID, str], ...]
    elsewhere: Mapping[uuid.UUID, Hashable]
    own_figures: tuple[Mapping[uuid.UUID, str], ...] = ()
    tied: tuple[Tied[uuid.UUID], ...] = ()


def surroundings(
    db: Session, *, programme: Programme, number: int, schools: Schools
) -> Surroundings:
    """What was published before this comparison. Where a restored database makes it again, later
    ones are in the ledger; those were made with this one in sight if its letters are in it too.
    Raises a `NoLedgerError`."""
    name, ids = programme_name(programme), frozenset(schools.values())
    own = None
    if any((one.programme, one.number) == (name, number) for one in publications.letters_seen()):
        own = publications.comparison_name(programme.authority_id, programme.programme_id, number)
    earlier = tuple(
        one
        for one in publications.letters_seen(before=own)
        if (one.programme, one.number) != (name, number)
        and (one.programme == name or not ids.isdisjoint(one.groups))
    )
    published = [
        one
        for one in (*publications.whole_ties(before=own), *publications.shared_ties(before=own))
        if not ids.isdisjoint(one[2]) and one[:2] != (name, number)
    ]
    others = tuple(ties for by, _number, ties in published if by != name)
    of_own = tuple(ties for by, _number, ties in published if by == name)
    tied = publications.tied(published)
    return Surroundings(schools, earlier, others, _elsewhere(db, programme, ids), of_own, tied)


def sharing_reports(db: Session, around: Surroundings) -> tuple[str, ...]:
    """The documents of published comparisons that share a report with these schools."""
    found = []
    for one in around.earlier:
        authority_id, programme_id = map(uuid.UUID, one.programme.split(" "))
        stored = db.get(StoredComparison, (authority_id, programme_id, one.number))
        if stored is not None and not set(around.schools).isdisjoint(
            json.loads(stored.document)["releases"]
        ):
            found.append(stored.document)
    return tuple(found)


def in_bands(comparison: Comparison, around: Surroundings, name: str, number: int) -> Comparison:
    """The comparison with its bands, so that no reader of others learns from it which school a
    letter is: all schools in one band, if need be, and none named, if the names would give others
    away. Raises a `TogetherError`."""
    for found in (comparison, _without_names(comparison)):
        for banded in (_banded(found, around), _in_one_band(found, around)):
            if not _splits(around, seen(banded, around.schools, name, number)):
                return banded
    raise TogetherError(_too_close())


def refuse_if_too_close(
    around: Surroundings, name: str, number: int, named: frozenset[uuid.UUID]
) -> None:
    """Raises a `TogetherError` if this comparison is not possible with any bands, even without
    names."""
    ids = around.schools.values()
    for names in (named, frozenset[uuid.UUID]()):
        groups = {one: NAMED if one in names else "0" for one in ids}
        if not _splits(around, SeenComparison(name, number, groups)):
            return
    raise TogetherError(_too_close())


def _too_close() -> str:
    return str(
        _(
            "Some of these schools are in a comparison of another of their readers too, and others"
            " are not. With both comparisons in hand, a letter could be traced to fewer than five"
            " schools, so this comparison is not made. It can be made if the schools in both, and"
            " the schools in only one of them, are none or at least five, or if the schools agree"
            " to be named."
        )
    )


def not_late(
    programme: Programme, number: int, named: Mapping[uuid.UUID, bool]
) -> list[NotNowError]:
    """Why schools are not compared a second time. `named` says of each school with a report whether
    it agreed to be named."""
    first = (programme_name(programme), survey_of(number))
    made = next(
        (one for one in publications.letters_seen() if (one.programme, one.number) == first), None
    )
    if made is None:
        return [NotLateError(_("The second comparison comes after the first one."))]
    late = [is_named for school, is_named in named.items() if school not in made.groups]
    unnamed = late.count(False)
    if late and (unnamed == 0 or unnamed >= ALIKE):
        return []
    return [
        NotLateError(
            _(
                "Schools that were late and have a report now: %(late)s. A second comparison needs"
                " at least %(needed)s of them, because fewer could be told by being new in it. They"
                " take part in the next survey all the same.",
                late=len(late),
                needed=ALIKE,
            )
        )
    ]


def enter(
    db: Session, *, programme: Programme, number: int, comparison: Comparison, around: Surroundings
) -> None:
    """Enters in the ledger the groups of schools that a comparison shows."""
    stored = db.get_one(StoredComparison, (programme.authority_id, programme.programme_id, number))
    groups = seen(comparison, around.schools, programme_name(programme), number).groups
    _enter_whole(stored, comparison, around.schools)
    _enter(stored, groups)  # last, because its letters reveal all of it


def seen(
    comparison: Comparison, schools: Schools, name: str, number: int
) -> SeenComparison[uuid.UUID]:
    """A comparison by school, as its reader sees it."""
    bands = read_bands(comparison)
    named = {one.code for one in comparison.schools if one.name is not None}
    groups = {}
    for release_hash, school in schools.items():
        code = own_letter(comparison.releases, release_hash)
        band = next((one for one in bands if code in one.codes), None)
        if code is None or band is None:
            continue
        phase = band.phase_of(code)
        group = str(band.at) if phase is None else f"{band.at}.{phase}"
        groups[school] = NAMED if code in named else group
    return SeenComparison(name, number, groups)


def programme_name(programme: Programme) -> str:
    return f"{programme.authority_id} {programme.programme_id}"


def with_whole(
    comparison: Comparison,
    around: Surroundings,
    name: str,
    number: int,
    taught: Mapping[str, frozenset[str]],
) -> Comparison:
    """The comparison with the letters of the schools that its figures of all schools together take
    in: those by year group, and those of the change since the comparison before. `taught`: by
    letter, the year groups of a school."""
    own = seen(comparison, around.schools, name, number)
    codes = _codes(comparison, around.schools)
    others = [one for one in around.earlier if one.programme != name]
    half = [one for one in around.earlier if one.programme == name and _is_half(one, number)]
    printed = {one.code: frozenset(one.years) for one in comparison.schools}
    could = with_years(taught, printed)
    candidates = {school: YEARS for school, code in codes.items() if code in could}
    years = taken_in([own, *half, *others], around.tied, candidates)
    header = {**comparison.header, **_listed("years_of", codes, years)}
    if years and is_mixed(taught):
        header["years_common"] = ",".join(in_order(common_years(taught)))
    if years and is_of_places(taught):
        header["years_places"] = FEW
    before = _before(around.earlier, name, number)
    if before is not None:
        candidates = {one: f"{BOTH}.{before.number}" for one in own.groups if one in before.groups}
        made = Tied(frozenset(own.groups), years)
        both = taken_in([own, before, *half, *others], [*around.tied, made], candidates)
        header |= {"since": before.number, **_listed("since_of", codes, both)}
    return replace(comparison, header=header)


def _before(
    earlier: Sequence[SeenComparison[uuid.UUID]], name: str, number: int
) -> SeenComparison[uuid.UUID] | None:
    """The comparison of the previous survey: the second one if there is one, as it has more
    schools."""
    found = [
        one
        for one in earlier
        if one.programme == name and survey_of(one.number) < survey_of(number)
    ]
    return max(found, key=lambda one: (survey_of(one.number), one.number), default=None)


def _listed(
    key: str, codes: Mapping[uuid.UUID, str], ties: Mapping[uuid.UUID, str]
) -> dict[str, str | int]:
    held = sorted((codes[school] for school in ties), key=lambda code: (len(code), code))
    return {key: ",".join(held)} if held else {}


def _codes(comparison: Comparison, schools: Schools) -> dict[uuid.UUID, str]:
    """The letter of each school."""
    found = ((own_letter(comparison.releases, one), school) for one, school in schools.items())
    return {school: code for code, school in found if code is not None}


def _splits(around: Surroundings, new: SeenComparison[uuid.UUID]) -> tuple[Split[uuid.UUID], ...]:
    others = [
        one for one in around.earlier if one.programme != new.programme or _is_half(one, new.number)
    ]
    figures = (*around.figures, *around.own_figures) if is_second(new.number) else around.figures
    return splits(others, new, figures)


def _is_half(one: SeenComparison[uuid.UUID], number: int) -> bool:
    """Whether it is the other comparison of the same survey."""
    return (is_second(one.number) or is_second(number)) and (
        survey_of(one.number) == survey_of(number)
    )


def _banded(comparison: Comparison, around: Surroundings) -> Comparison:
    before: dict[str, tuple[Hashable, ...]] = {}
    elsewhere: dict[str, Hashable] = {}
    for release_hash, school in around.schools.items():
        code = str(own_letter(comparison.releases, release_hash))
        groups = (one.groups.get(school) for one in around.earlier)
        before[code] = tuple((NAMED, school) if group == NAMED else group for group in groups)
        elsewhere[code] = around.elsewhere.get(school)
    bands = bands_of(
        comparison.schools,
        before if around.earlier else None,
        elsewhere if around.elsewhere else None,
    )
    return _with_bands(comparison, around, written(bands))


def _in_one_band(comparison: Comparison, around: Surroundings) -> Comparison:
    return _with_bands(comparison, around, str(len(comparison.schools)))


def _with_bands(comparison: Comparison, around: Surroundings, bands: str) -> Comparison:
    """The kind of a school is not shown where others compare it: it could tell more with theirs."""
    kinds: dict[str, str | int] = {"kinds": 0} if around.elsewhere else {}
    header = {**comparison.header, "bands": bands, "after": len(around.earlier), **kinds}
    return replace(comparison, header=header)


def _without_names(comparison: Comparison) -> Comparison:
    return replace(comparison, schools=tuple(replace(one, name=None) for one in comparison.schools))


def _elsewhere(
    db: Session, programme: Programme, schools: frozenset[uuid.UUID]
) -> Mapping[uuid.UUID, Hashable]:
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    started = select(Campaign.school_id, Campaign.programme_id).where(
        Campaign.school_id.in_(schools), Campaign.programme_id.is_not(None)
    )
    joined = select(Invitation.school_id, Invitation.programme_id).where(
        Invitation.school_id.in_(schools), Invitation.state == InvitationState.ACCEPTED
    )
    for school, other in (*db.execute(started), *db.execute(joined)):
        if other != programme.programme_id:
            found.setdefault(school, set()).add(other)
    return {school: frozenset(others) for school, others in found.items()}


def _enter(stored: StoredComparison, groups: Mapping[uuid.UUID, str]) -> None:
    name = publications.letters_name(
        stored.authority_id, stored.programme_id, stored.number, groups
    )
    publications.enter(name, stored.release_hash, stored.released_on)


def _enter_whole(stored: StoredComparison, comparison: Comparison, schools: Schools) -> None:
    """Enters which schools the figures of all schools together include."""
    by_code = {code: school for school, code in _codes(comparison, schools).items()}
    since = f"{BOTH}.{comparison.header.get('since')}"
    for what, key, tie in (("years", "years_of", YEARS), ("change", "since_of", since)):
        ties = {by_code[code]: tie for code in comparison.codes_in(key) if code in by_code}
        if ties:
            name = publications.whole_name(
                stored.authority_id, stored.programme_id, stored.number, what, ties
            )
            publications.enter(name, stored.release_hash, stored.released_on)


@publications.also_settles
def _enter_all(db: Session) -> None:
    """Completes the entries of comparisons that the ledger has only by reference."""
    known = {(one.programme, one.number) for one in publications.letters_seen()}
    for stored in db.scalars(select(StoredComparison).options(defer(StoredComparison.document))):
        name = f"{stored.authority_id} {stored.programme_id}"
        if (name, stored.number) in known:
            continue
        try:
            comparison = Comparison.from_json(stored.document)
        except UnreadableComparisonError as wrong:
            log.error("comparison_unreadable", error=wrong)
            continue
        schools = releases_of(db, comparison.releases)
        _enter_whole(stored, comparison, schools)
        _enter(stored, seen(comparison, schools, name, stored.number).groups)


def releases_of(db: Session, hashes: Sequence[str]) -> Schools:
    """The schools of the releases with these hashes."""
    rows = db.execute(
        select(StoredRelease.release_hash, StoredRelease.school_id).where(
            StoredRelease.release_hash.in_(hashes)
        )
    )
    return {one.release_hash: one.school_id for one in rows}
