"""The kinds of questions, one module each. Importing the package registers them all."""

from importlib import import_module
from pkgutil import iter_modules

from survey.questionnaires.item_kinds.base_kind import ItemKind as ItemKind

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
