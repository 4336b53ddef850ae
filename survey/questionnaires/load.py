"""Templates: a TOML file in, a `Questionnaire` out, or a complaint that says where to look.

A text is English words, whose translations are in the catalogues; or a table of words by language,
for a template that brings its own. The answers of an item are translated under the item's key,
those of a scale under the scale's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from survey.languages import ENGLISH, LANGUAGES
from survey.questionnaires import places as place_lists
from survey.questionnaires.model import (
    FROM_START,
    Audience,
    Condition,
    Definition,
    HelpContact,
    Indicator,
    Inside,
    Item,
    ItemKind,
    Option,
    Place,
    PlaceList,
    Questionnaire,
    QuestionnaireError,
    QuestionRole,
    Row,
    Section,
    SectionWords,
    Text,
    Wording,
)
from survey.questionnaires.toml_reader import Say, TomlTable
from survey.questionnaires.translations.catalogues import words_of

SHIPPED = Path(__file__).parent / "templates"
CONTACTS = Path(__file__).parent / "help"


class TemplateError(ValueError):
    """A template file that cannot be read: which file, where in it, and why."""

    def __init__(self, file: str, where: str, why: str) -> None:
        super().__init__(f"{file}: {where}: {why}" if where else f"{file}: {why}")
        self.file, self.where, self.why = file, where, why


def load(path: Path | str, *, say: Say = words_of) -> Questionnaire:
    """The questionnaire a template file describes, in the languages it names or in all of ours."""
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TemplateError(path.name, "", str(error)) from error
    try:
        return _questionnaire(TomlTable(data, "", say))
    except QuestionnaireError as error:
        raise TemplateError(path.name, error.where, error.why) from error


@cache
def load_all() -> Mapping[tuple[str, str], Questionnaire]:
    """The templates that come with the product, by key and version."""
    return MappingProxyType(load_folder(SHIPPED))


def load_folder(folder: Path) -> dict[tuple[str, str], Questionnaire]:
    """Every template of a folder. A file is named after its key and version, so that no version
    can hide behind another."""
    found = {}
    for path in sorted(folder.glob("*.toml")):
        questionnaire = load(path)
        expected = f"{questionnaire.key}-{questionnaire.version}.toml"
        if path.name != expected:
            raise TemplateError(path.name, "", f"key and version ask for the name {expected}")
        found[questionnaire.key, questionnaire.version] = questionnaire
    return found


def _questionnaire(top: TomlTable) -> Questionnaire:
    top.languages = languages = top.strings("languages", tuple(LANGUAGES))
    if ENGLISH not in languages:
        raise top.complaint("languages", "leave out English, which every template is written in")
    scales = dict(_scale(table) for table in top.children("scale"))
    places = tuple(_place(table) for table in top.children("place"))
    sections = tuple(_section(table, scales, places) for table in top.children("section"))
    indicators = tuple(_indicator(table) for table in top.children("indicator"))
    definitions = tuple(_definition(table) for table in top.children("definition"))
    audience = top.choice("audience", Audience, Audience.STUDENTS)
    help_contacts = tuple(_help(table) for table in _contacts(top, audience))
    key, version, title = top.need("key", str), top.need("version", str), top.text("title")
    timeframe = top.text_or_none("timeframe")
    questionnaire = top.made(
        lambda: Questionnaire(
            key=key,
            version=version,
            title=title,
            languages=languages,
            places=places,
            sections=sections,
            indicators=indicators,
            help=help_contacts,
            timeframe=timeframe,
            definitions=definitions,
            audience=audience,
        )
    )
    _check_adaptable(questionnaire)
    return questionnaire


def _check_adaptable(questionnaire: Questionnaire) -> None:
    """Nothing may lean on what a school can take away: a place, or an optional item."""
    places = {place.key for place in questionnaire.places}
    for item in questionnaire.items:
        if item.show_if is None:
            continue
        source = questionnaire.by_key[item.show_if.item]
        if source.places and source.kind is not ItemKind.GRID and places & {*item.show_if.options}:
            raise QuestionnaireError(f"item {item.key}", "show_if names a place")
        if item.core and not source.core:
            raise QuestionnaireError(f"item {item.key}", "is core, but show_if names an optional")
    for item in questionnaire.items:
        if item.rows_if and item.places is not questionnaire.by_key[item.rows_if.item].places:
            raise QuestionnaireError(f"item {item.key}", "rows_if names a grid of other places")
        if item.rows_if and item.part_of != item.rows_if.item:
            raise QuestionnaireError(f"item {item.key}", "rows_if names what it is not part of")
    for indicator in questionnaire.indicators:
        if places & {*indicator.yes, *indicator.leave_out}:
            raise QuestionnaireError(f"indicator {indicator.key}", "counts a place as an answer")


def _scale(table: TomlTable) -> tuple[str, tuple[Option, ...]]:
    key = table.need("key", str)
    options = tuple(_option(option, key) for option in table.children("option"))
    return table.made(lambda: (key, options))


def _option(table: TomlTable, context: str) -> Option:
    key, role = table.need("key", str), table.choice("role", QuestionRole, QuestionRole.ANSWER)
    # "Prefer not to say" is the same whatever was asked. Others may share the translation of an
    # item, or ("") of the words by themselves.
    context = "" if role is QuestionRole.PREFER_NOT else table.get("said_as", str, context) or ""
    label = table.text("label", context)
    symbol = table.get("symbol", str)
    return table.made(lambda: Option(key, label, role, symbol))


def _place(table: TomlTable) -> Place:
    key, label = table.need("key", str), table.text("label")
    side = Inside.INSIDE if table.need("inside", bool) else Inside.OUTSIDE
    symbol = table.get("symbol", str)
    return table.made(lambda: Place(key, label, side, symbol=symbol))


def _section(
    table: TomlTable, scales: Mapping[str, tuple[Option, ...]], places: tuple[Place, ...]
) -> Section:
    key, title = table.need("key", str), table.text("title")
    intro, soft_landing = table.text_or_none("intro"), table.text_or_none("soft_landing")
    items = tuple(_item(item, scales, places) for item in table.children("item"))
    younger = _younger(table.child("younger"))
    return table.made(lambda: Section(key, title, items, intro, soft_landing, younger))


def _younger(table: TomlTable | None) -> SectionWords | None:
    if table is None:
        return None
    below, title = table.need("below_year", int), table.text("title")
    soft_landing = table.text_or_none("soft_landing")
    return table.made(lambda: SectionWords(below, title, soft_landing))


def _item(
    table: TomlTable, scales: Mapping[str, tuple[Option, ...]], places: tuple[Place, ...]
) -> Item:
    kind = table.choice("kind", ItemKind)
    which = table.choice("places", PlaceList) if "places" in table.data else None
    most = table.get("most", int)
    options = _options(table, kind, which, scales, places)
    rows = _rows(table, kind, which, places)
    plain = _plain(table)
    return table.made(
        lambda: Item(kind=kind, places=which, most=most, options=options, rows=rows, **plain)
    )


def _plain(table: TomlTable) -> dict[str, Any]:
    """The parts of an item that need nothing but their own table."""
    return {
        "key": table.need("key", str),
        "wording": table.text("wording"),
        "themes": table.strings("themes"),
        "ends": _ends(table),
        "help": table.text_or_none("help"),
        "from_year": table.get("from_year", int, FROM_START),
        "sensitivity": table.get("sensitivity", int, 0),
        "core": table.get("core", bool, False),
        "on": table.get("on", bool, True),
        "older": _older(table.child("older")),
        "show_if": _condition(table.child("show_if")),
        "rows_if": _condition(table.child("rows_if")),
        "part_of": table.get("part_of", str),
        "source": table.get("source", str),
    }


def _options(
    table: TomlTable,
    kind: ItemKind,
    which: PlaceList | None,
    scales: Mapping[str, tuple[Option, ...]],
    places: tuple[Place, ...],
) -> tuple[Option, ...]:
    context = table.need("key", str)
    own = tuple(_option(option, context) for option in table.children("option"))
    name, without = table.get("options", str), table.strings("without", ())
    if name is not None:
        if own:
            raise table.complaint("options", "names a scale, and there are own options too")
        if name not in scales:
            raise table.complaint("options", f"names no scale: {name}")
        if unknown := set(without) - {option.key for option in scales[name]}:
            raise table.complaint("without", f"names no option of {name}: {sorted(unknown)}")
        own = tuple(option for option in scales[name] if option.key not in without)
    elif without:
        raise table.complaint("without", "needs a scale to leave something out of")
    if which is None or kind is ItemKind.GRID:
        return own
    if clash := {option.key for option in own} & {place.key for place in places}:
        raise table.complaint("option", f"has the key of a place: {sorted(clash)}")
    return place_lists.options_for(which, places, own)


def _rows(
    table: TomlTable, kind: ItemKind, which: PlaceList | None, places: tuple[Place, ...]
) -> tuple[Row, ...]:
    context = table.need("key", str)
    own = tuple(_row(row, context) for row in table.children("row"))
    if which is None or kind is not ItemKind.GRID:
        return own
    if own:
        raise table.complaint("row", "is given, and places make the rows")
    return place_lists.rows_for(which, places)


def _row(table: TomlTable, context: str) -> Row:
    key, label = table.need("key", str), table.text("label", context)
    return table.made(lambda: Row(key, label))


def _ends(table: TomlTable) -> tuple[Text, Text] | None:
    ends = table.get("ends", list)
    if ends is None:
        return None
    if len(ends) != 2:
        raise table.complaint("ends", "are two texts: what 0 and 10 mean")
    context = table.need("key", str)
    low, high = (table.words("ends", end, context) for end in ends)
    return low, high


def _older(table: TomlTable | None) -> Wording | None:
    if table is None:
        return None
    from_year, wording = table.need("from_year", int), table.text("wording")
    return table.made(lambda: Wording(from_year, wording))


def _condition(table: TomlTable | None) -> Condition | None:
    if table is None:
        return None
    item, options = table.need("item", str), table.strings("options")
    return table.made(lambda: Condition(item, options))


def _indicator(table: TomlTable) -> Indicator:
    key, label = table.need("key", str), table.text("label")
    items, yes = table.strings("items"), table.strings("yes")
    leave_out, good = table.strings("leave_out", ()), bool(table.get("good", bool, False))
    return table.made(lambda: Indicator(key, label, items, yes, leave_out, good))


def _definition(table: TomlTable) -> Definition:
    key, items = table.need("key", str), table.strings("items")
    word, meaning = table.text("word"), table.text("meaning")
    return table.made(lambda: Definition(key, word, meaning, items))


def _contacts(top: TomlTable, audience: Audience) -> Iterator[TomlTable]:
    """The contacts of a template: its own, or those for its audience in the file it names."""
    if not isinstance(top.data.get("help"), str):
        yield from top.children("help")
        return
    name = top.need("help", str)
    path = CONTACTS / f"{name}.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise top.complaint("help", f"cannot be read: {path.name}: {error}") from error
    shared = TomlTable(data, f"help {name}", top.say, top.languages)
    for table in shared.children("contact"):
        if audience in table.strings("for", (Audience.STUDENTS,)):
            yield table
    shared.made(lambda: None)  # complains of unknown keys


def _help(table: TomlTable) -> HelpContact:
    key, name, how = table.need("key", str), table.text("name"), table.text("how")
    nations, link = table.strings("nations"), table.get("link", str)
    day, checked = table.get("last_checked", str, ""), table.need("checked", str)
    return table.made(
        lambda: HelpContact(key, name, how, nations, day or "", checked=checked, link=link)
    )
