"""The actions of a school that its report shows, by the place or theme they are against."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey.actions.models import Action, SubjectKind
from survey.actions.operations import actions_of
from survey.actions.states import ActionState
from survey.actions.tracking import Followed, follow, reports_of
from survey.campaigns.models import Wave
from survey.reports.cached_page_parts import kept
from survey.reports.school.chapters import chapter_of
from survey.reports.school.report_loader import spoken, stored_of
from survey.reports.table_of_contents import TableOfContents
from survey.reports.trends.change import ChangeVerdict
from survey.reports.trends.earlier_releases import standing_names


@dataclass(frozen=True)
class Marked:
    """An action as a report shows it. `label`: what the questionnaire calls the place, None of a
    theme. `verdict`: what may be said of its figure since, None while there is no later report."""

    action: Action
    label: str | None
    verdict: ChangeVerdict | None


@dataclass(frozen=True)
class Beside:
    """Actions as the report of one wave sees them: without what changed after it."""

    marked: tuple[Marked, ...]

    def of(self, kind: str, key: str) -> tuple[Marked, ...]:
        return tuple(
            one for one in self.marked if (one.action.kind.value, one.action.subject) == (kind, key)
        )

    def in_chapter(self, chapter: str, contents: TableOfContents) -> tuple[Marked, ...]:
        """Those against a place or a theme that the chapter is about."""
        return tuple(one for one in self.marked if chapter in _chapters(one.action, contents))


def actions_beside(db: Session, wave: Wave) -> list[Action]:
    """Every action that was not dropped and came from this wave or an earlier one."""
    return [
        one
        for one in actions_of(db, wave.campaign)
        if one.state is not ActionState.DROPPED and one.wave.number <= wave.number
    ]


def followed_beside(db: Session, wave: Wave) -> tuple[Followed, ...]:
    """The same with all that the reports say of them."""
    return follow(reports_of(db, wave.campaign, until=wave), actions_beside(db, wave))


def read_beside(db: Session, wave: Wave) -> Beside:
    """What pages show of them. What follows from the reports is kept, so that a page reads none."""
    actions = actions_beside(db, wave)
    if not actions:
        return Beside(())
    marks = json.loads(_marks(db, wave, actions))
    return Beside(
        tuple(
            Marked(one, label, ChangeVerdict(verdict) if verdict else None)
            for one, (label, verdict) in zip(actions, marks, strict=True)
        )
    )


def _marks(db: Session, wave: Wave, actions: Sequence[Action]) -> str:
    measured = [
        [
            str(one.wave_id),
            one.kind.value,
            one.subject,
            one.measured_table,
            one.measured_answer,
            one.measured_group,
        ]
        for one in actions
    ]

    def make() -> str:
        followed = follow(reports_of(db, wave.campaign, until=wave), actions)
        return json.dumps([[one.label, one.change and one.verdict.value] for one in followed])

    part = ("actions", str(wave.wave_id), spoken())
    made_of = (standing_names(db, wave), measured)
    return kept(stored_of(wave).release_hash, part, made_of, make)


def _chapters(action: Action, contents: TableOfContents) -> frozenset[str]:
    if action.kind is SubjectKind.THEME:
        return frozenset({chapter_of((action.subject,)).key})
    return contents.chapters_of_place(action.subject)
