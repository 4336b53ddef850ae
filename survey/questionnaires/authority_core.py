"""The shared questions of an authority: which of a template's questions all its schools ask alike.

The result is a template like any other. So the rules of what a school may change
(`adaptation_rules`) protect what an authority locked as they protect the template's own core.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flask_babel import gettext as _

from survey.questionnaires.adapt import adapt
from survey.questionnaires.adaptation import Adaptation, AdaptationError
from survey.questionnaires.model import Item, ItemKind, Questionnaire


def can_be_locked(item: Item) -> bool:
    """An optional item that can be asked alike everywhere: not free text, which is never compared,
    and not a follow-up, which is locked with the item it belongs to."""
    return not item.core and item.part_of is None and item.kind is not ItemKind.TEXT


def with_core(template: Questionnaire, core: Adaptation) -> Questionnaire:
    """The template with the authority's core: the items that `core` switches on and those it adds
    are core, and so are what they follow up and what follows them up.

    Raises an `AdaptationError` for what an authority cannot do, or a school could not."""
    for field, why in _complaints(template, core):
        raise AdaptationError(field, why)
    locked = _with_their_own(template, frozenset(core.switched))
    changed = adapt(template, replace(core, switched=dict.fromkeys(sorted(locked), True)))
    return replace(
        changed,
        sections=tuple(
            replace(
                section,
                items=tuple(
                    replace(item, core=True, own=False) if item.key in locked or item.own else item
                    for item in section.items
                ),
            )
            for section in changed.sections
        ),
    )


def unlocked(shared: Questionnaire, shipped: Questionnaire) -> Questionnaire:
    """What `with_core` made, with no question locked that is not locked in the shipped template:
    for a school that is in the authority no more."""
    locked = {item.key for item in shipped.items if item.core}
    return replace(
        shared,
        sections=tuple(
            replace(
                section,
                items=tuple(replace(item, core=item.key in locked) for item in section.items),
            )
            for section in shared.sections
        ),
    )


def _complaints(template: Questionnaire, core: Adaptation) -> Iterator[tuple[str, str]]:
    if core != Adaptation(switched=core.switched, own_items=core.own_items):
        yield "core", _("An authority locks questions and adds its own, and nothing else.")
    for key, on in core.switched.items():
        item = template.by_key.get(key)
        if item is None or not on or not can_be_locked(item):
            yield f"switched.{key}", _("%(key)s cannot be asked alike in every school.", key=key)


def _with_their_own(template: Questionnaire, chosen: frozenset[str]) -> frozenset[str]:
    """Apart from the chosen: earlier optional items that decide whether they are shown, and
    later ones that are part of them. Free text stays the school's."""
    locked = set(chosen)
    for item in reversed(template.items):
        if item.key in locked and item.show_if is not None:
            locked.add(item.show_if.item)
    for item in template.items:
        if item.part_of in locked and item.on and item.kind is not ItemKind.TEXT:
            locked.add(item.key)
    return frozenset(key for key in locked if not template.by_key[key].core)
