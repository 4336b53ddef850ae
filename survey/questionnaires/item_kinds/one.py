"""One choice from a list of options."""

from __future__ import annotations

from survey.questionnaires.item_kinds.base_kind import ItemKind, register


@register("one")
class OneKind(ItemKind):
    """The common case, which `ItemKind` describes."""


ItemKind.ONE = ONE = ItemKind("one")
