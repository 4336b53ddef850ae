"""Campaigns and waves as operations, on the real databases."""

from __future__ import annotations

import secrets
import uuid
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from survey.audit_log import EventName
from survey.campaigns import access_codes, operations
from survey.campaigns.errors import (
    BatchSizeError,
    ClosingDayError,
    DraftNotReadyError,
    NoSuchTemplateError,
    NoSuchWaveError,
    NothingToAdaptError,
    NotItsSchoolError,
    PreviousWaveError,
    StillDraftError,
    SurveyNotOpenError,
    TitleError,
)
from survey.campaigns.lifecycle import outcomes
from survey.campaigns.models import AccessCode, Campaign, FrozenQuestionnaire, LinkBatch
from survey.campaigns.queries import adaptation_of
from survey.campaigns.states import IllegalWaveMoveError, WaveState
from survey.organisations.models import School
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation, AdaptationError
from survey.questionnaires.document import content_hash
from survey.questionnaires.model import Text
from tests.integration.campaigns.schools import (
    CLOSES,
    KEY,
    READY,
    TODAY,
    events,
    launch,
    start,
    writing,
)
from tests.world import World

SOMETHING = {"box": b"sealed", "receipt": bytes(64), "key": KEY}


def make_batch(db, wave, *, year=9, count=30):  # type: ignore[no-untyped-def]
    return operations.make_batch(
        db, wave=wave, year=year, label="9B", count=count, key=KEY, today=TODAY, by=None
    )


def live_codes(db, wave) -> list[bytes]:  # type: ignore[no-untyped-def]
    return list(
        db.scalars(
            select(AccessCode.code_hash).where(
                AccessCode.school_id == wave.school_id, AccessCode.wave_id == wave.wave_id
            )
        )
    )


# Drafts


def test_campaign_starts_with_a_draft_of_the_untouched_template(app: Flask, world: World) -> None:
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        (wave,) = campaign.waves
        assert (wave.number, wave.state) == (1, WaveState.DRAFT)
        assert operations.draft_of(campaign) == operations.template_of(campaign)
        assert events(db, EventName.CAMPAIGN_STARTED) == 1


def test_campaign_needs_a_title_that_fits_a_card_and_a_known_template(
    app: Flask, world: World
) -> None:
    start = {"school_id": world.own.school_id, "template_version": "2026.3", "by": None}
    with writing(app) as db:
        for title in ("", "  ", "x" * 81):
            with pytest.raises(TitleError):
                operations.start_campaign(db, title=title, template_key="safety", **start)
        with pytest.raises(NoSuchTemplateError):
            operations.start_campaign(db, title="Safety", template_key="nonesuch", **start)


def test_saving_the_same_draft_again_records_nothing(app: Flask, world: World) -> None:
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        assert events(db, EventName.DRAFT_CHANGED) == 1
        assert adaptation_of(campaign) == READY


def test_draft_that_the_template_does_not_allow_is_not_kept(app: Flask, world: World) -> None:
    crafted = Adaptation(wordings={"B1": Text.of({"en": "Is our school not lovely?"})})
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        with pytest.raises(AdaptationError):
            operations.save_draft(db, campaign=campaign, adaptation=crafted, by=None)
        assert campaign.adaptation == {}


# Launch


def test_launch_freezes_what_the_draft_asks(app: Flask, world: World) -> None:
    with writing(app) as db:
        wave = launch(db, world.own.school_id)
        asked = operations.draft_of(wave.campaign)
        assert wave.state is WaveState.OPEN
        assert (wave.opened_on, wave.closes_on) == (TODAY, CLOSES)
        assert wave.questionnaire_hash == content_hash(asked)
        assert operations.questionnaire_of(wave) == asked
        assert events(db, EventName.WAVE_LAUNCHED) == 1


def test_launch_is_refused_while_something_is_missing_and_says_what(
    app: Flask, world: World
) -> None:
    with writing(app) as db:
        (wave,) = start(db, world.own.school_id).waves
        with pytest.raises(DraftNotReadyError) as refused:
            operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        assert refused.value.missing == adapt.missing_before_launch(
            operations.template_of(wave.campaign), Adaptation()
        )
        assert all(words in refused.value.message for words in refused.value.missing)
        assert wave.state is WaveState.DRAFT


@pytest.mark.parametrize("days", [-1, 0, 121])
def test_launch_needs_a_closing_day_to_come_and_not_too_far(
    app: Flask, world: World, days: int
) -> None:
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        day = TODAY + timedelta(days=days)
        with pytest.raises(ClosingDayError):
            operations.launch(db, wave=wave, closes_on=day, today=TODAY, by=None)


def test_launched_twice_is_refused_and_frozen_once_for_all_schools(
    app: Flask, world: World
) -> None:
    with writing(app) as db:
        before = db.scalar(select(func.count()).select_from(FrozenQuestionnaire))
        one, other = launch(db, world.own.school_id), launch(db, world.other.school_id)
        with pytest.raises(IllegalWaveMoveError):
            operations.launch(db, wave=one, closes_on=CLOSES, today=TODAY, by=None)
        assert one.questionnaire_hash == other.questionnaire_hash
        after = db.scalar(select(func.count()).select_from(FrozenQuestionnaire))
        assert after == (before or 0) + 1


def test_launched_wave_can_not_be_adapted_or_renamed(app: Flask, world: World) -> None:
    with writing(app) as db:
        campaign = launch(db, world.own.school_id).campaign
        with pytest.raises(NothingToAdaptError):
            operations.save_draft(db, campaign=campaign, adaptation=Adaptation(), by=None)
        with pytest.raises(NothingToAdaptError):
            operations.rename(db, campaign=campaign, title="Something else", by=None)


def test_draft_has_no_frozen_questionnaire(app: Flask, world: World) -> None:
    with writing(app) as db:
        (wave,) = start(db, world.own.school_id).waves
        with pytest.raises(StillDraftError):
            operations.questionnaire_of(wave)


# Codes


def test_codes_are_kept_only_as_keyed_hashes(app: Flask, world: World) -> None:
    with writing(app) as db:
        wave = launch(db, world.own.school_id)
        batch, made = make_batch(db, wave)
        assert (batch.count, batch.year, len(set(made))) == (30, 9, 30)
        assert sorted(live_codes(db, wave)) == sorted(
            access_codes.hash_code(c, key=KEY) for c in made
        )
        opened = access_codes.read_code(made[0], key=KEY)
        assert opened is not None
        assert opened.year == 9
        assert operations.wave_of_door(db, opened.door) is wave


def test_no_two_batches_share_a_code_though_the_first_are_used(app: Flask, world: World) -> None:
    with writing(app) as db:
        db.get_one(School, world.own.school_id).roll = {"9": 1000}
        wave = launch(db, world.own.school_id)
        _batch, first = make_batch(db, wave, count=550)
        for code in first:
            assert access_codes.spend(
                db, wave=wave, code_hash=access_codes.hash_code(code, key=KEY), **SOMETHING
            )
        # At random from one pool, 550 after 550 would share about two.
        _batch, second = make_batch(db, wave, count=550)
        assert not set(first) & set(second)


def test_code_is_spent_once_and_only_at_its_own_wave(app: Flask, world: World) -> None:
    with writing(app) as db:
        wave, other = launch(db, world.own.school_id), launch(db, world.other.school_id)
        _batch, (code, *_rest) = make_batch(db, wave, year=None)
        hashed = access_codes.hash_code(code, key=KEY)
        assert not access_codes.spend(db, wave=other, code_hash=hashed, **SOMETHING)
        assert access_codes.spend(db, wave=wave, code_hash=hashed, **SOMETHING)
        assert not access_codes.spend(db, wave=wave, code_hash=hashed, **SOMETHING)
        assert access_codes.used(db, wave=wave, key=KEY) == 1


@pytest.mark.parametrize(("year", "count"), [(9, 0), (9, 2001), (5, 10), (14, 10)])
def test_batch_of_impossible_size_or_year_is_refused(
    app: Flask, world: World, year: int, count: int
) -> None:
    with writing(app) as db:
        wave = launch(db, world.own.school_id)
        with pytest.raises(BatchSizeError):
            make_batch(db, wave, year=year, count=count)


def test_cards_are_made_only_while_open(app: Flask, world: World) -> None:
    with writing(app) as db:
        (draft,) = start(db, world.own.school_id).waves
        with pytest.raises(SurveyNotOpenError):
            make_batch(db, draft)
        wave = launch(db, world.own.school_id)
        operations.close(db, wave=wave, today=CLOSES, by=None)
        with pytest.raises(SurveyNotOpenError):
            make_batch(db, wave)
        assert db.scalar(select(func.count()).where(LinkBatch.wave_id == wave.wave_id)) == 0


def test_door_that_is_taken_is_not_drawn_again(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = iter([world.own.door, world.other.door, 77])
    monkeypatch.setattr(secrets, "randbelow", lambda most: next(draws))
    with writing(app) as db:
        assert access_codes.draw_door(db) == 77


# Close, release, and on


def test_closing_leaves_the_boxes_sealed_and_happens_once(app: Flask, world: World) -> None:
    with writing(app) as db:
        wave, other = launch(db, world.own.school_id), launch(db, world.other.school_id)
        make_batch(db, wave)
        make_batch(db, other)
        operations.close(db, wave=wave, today=CLOSES, by=None)
        operations.close(db, wave=wave, today=date(2027, 1, 1), by=None)
        assert (wave.state, wave.closed_on) == (WaveState.CLOSING, CLOSES)
        assert len(live_codes(db, wave)) == len(live_codes(db, other)) == 30
        assert events(db, EventName.WAVE_CLOSED) == 1


def test_a_survey_without_cards_has_nothing_to_open(app: Flask, world: World) -> None:
    with writing(app) as db:
        wave = launch(db, world.own.school_id)
        operations.close(db, wave=wave, today=CLOSES, by=None)
        assert (wave.state, wave.box_key) == (WaveState.CLOSED, None)


def test_released_follows_closed_and_nothing_else(app: Flask, world: World) -> None:
    with writing(app) as db:
        wave = launch(db, world.own.school_id)
        with pytest.raises(IllegalWaveMoveError):
            outcomes.mark_released(db, wave=wave, today=TODAY, by=None)
        operations.close(db, wave=wave, today=CLOSES, by=None)
        outcomes.mark_released(db, wave=wave, today=TODAY, by=None)
        assert wave.state is WaveState.RELEASED
        with pytest.raises(IllegalWaveMoveError):
            operations.close(db, wave=wave, today=CLOSES, by=None)


def test_next_wave_waits_for_the_one_before_and_keeps_what_was_adapted(
    app: Flask, world: World
) -> None:
    with writing(app) as db:
        wave = launch(db, world.own.school_id)
        with pytest.raises(PreviousWaveError):
            operations.next_wave(db, campaign=wave.campaign, by=None)
        operations.close(db, wave=wave, today=CLOSES, by=None)
        following = operations.next_wave(db, campaign=wave.campaign, by=None)
        assert (following.number, following.state) == (2, WaveState.DRAFT)
        assert following.door != wave.door
        assert adaptation_of(following.campaign) == READY
        with pytest.raises(PreviousWaveError):
            operations.next_wave(db, campaign=wave.campaign, by=None)
        changed = adapt.switch_item(
            operations.template_of(wave.campaign), READY, item="B5", on=False
        )
        operations.save_draft(db, campaign=wave.campaign, adaptation=changed, by=None)
        first = operations.questionnaire_of(wave).by_key["B5"]
        assert first.on, "what the first wave asked is frozen"


def test_wave_is_found_only_at_its_own_school(app: Flask, world: World) -> None:
    with writing(app) as db:
        operations.find_wave(db, world.own.school_id, world.own.wave_id)
        with pytest.raises(NoSuchWaveError):
            operations.find_wave(db, world.other.school_id, world.own.wave_id)


# Programmes


def test_inviting_twice_is_inviting_once(app: Flask, world: World) -> None:
    with writing(app) as db:
        programme = operations.start_programme(
            db,
            authority_id=world.own.authority_id,
            title="Spring",
            template_key="safety-core",
            template_version="2026.3",
            by=None,
        )
        campaigns = {
            operations.invite(
                db, programme=programme, school_id=world.own.school_id, by=None
            ).campaign_id
            for _twice in range(2)
        }
        assert len(campaigns) == 1
        found = db.get(Campaign, (world.own.school_id, campaigns.pop()))
        assert found is not None
        assert (found.programme_id, found.template_key) == (programme.programme_id, "safety-core")
        assert events(db, EventName.SCHOOL_INVITED) == 1


def test_school_of_another_authority_can_not_be_invited(app: Flask, world: World) -> None:
    with writing(app) as db:
        programme = operations.find_programme(db, world.own.authority_id, world.own.programme_id)
        for school_id in (world.other.school_id, uuid.uuid4()):
            with pytest.raises(NotItsSchoolError):
                operations.invite(db, programme=programme, school_id=school_id, by=None)
