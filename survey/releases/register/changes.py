"""The changes between two reports of a campaign, in the ledger of what was published."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.campaigns.models import Wave
from survey.releases.models import StoredRelease
from survey.releases.register import publications


def enter(db: Session, stored: StoredRelease, wave: Wave) -> None:
    """The changes since each earlier survey are published with the report of the later one."""
    found = select(StoredRelease.wave_id, StoredRelease.release_hash).join(
        Wave,
        (StoredRelease.school_id == Wave.school_id) & (StoredRelease.wave_id == Wave.wave_id),
    )
    same_campaign = Wave.school_id == wave.school_id, Wave.campaign_id == wave.campaign_id
    for earlier_id, reference in db.execute(
        found.where(*same_campaign, Wave.number < wave.number, StoredRelease.withdrawn_on.is_(None))
    ):
        publications.enter(
            publications.change_name(wave.school_id, earlier_id, wave.wave_id),
            publications.change_reference(reference, stored.release_hash),
            stored.released_on,
        )
