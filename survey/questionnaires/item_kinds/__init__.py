"""The kinds of questions, one module each; importing the package registers them."""

from survey.questionnaires.item_kinds import grid, one, scale, several, text
from survey.questionnaires.item_kinds.base_kind import ItemKind as ItemKind

KINDS = (one.ONE, several.SEVERAL, grid.GRID, scale.SCALE, text.TEXT)
