"""The actions of a school that its report shows, by the place or theme they are against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey.actions.models import SubjectKind
from survey.actions.operations import actions_of
from survey.actions.states import ActionState
from survey.actions.tracking import Followed, follow, reports_of
from survey.campaigns.models import Wave
from survey.questionnaires.model import Questionnaire
from survey.reports.school.chapters import Chapter, chapter_of


@dataclass(frozen=True)
class Beside:
    """Actions as the report of one wave sees them: without what changed after it."""

    followed: tuple[Followed, ...]

    def of(self, kind: str, key: str) -> tuple[Followed, ...]:
        return tuple(
            one
            for one in self.followed
            if (one.action.kind.value, one.action.subject) == (kind, key)
        )

    def in_chapter(self, chapter: Chapter, questionnaire: Questionnaire) -> tuple[Followed, ...]:
        """Those against a place or a theme that the chapter is about."""
        return tuple(
            one
            for one in self.followed
            if chapter.key in _chapters(one.action.kind, one.action.subject, questionnaire)
        )


def read_beside(db: Session, wave: Wave) -> Beside:
    """Every action that was not dropped and came from this wave or an earlier one."""
    actions = (
        one
        for one in actions_of(db, wave.campaign)
        if one.state is not ActionState.DROPPED and one.wave.number <= wave.number
    )
    return Beside(follow(reports_of(db, wave.campaign, until=wave), actions))


def _chapters(kind: SubjectKind, key: str, questionnaire: Questionnaire) -> Iterable[str]:
    if kind is SubjectKind.THEME:
        return {chapter_of((key,)).key}
    return {
        chapter_of(item.themes).key
        for item in questionnaire.items
        if item.places is not None and any(row.key == key for row in item.rows)
    }
