"""Items of the school's own, as a form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, RadioField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from survey.campaigns.errors import NoSuchPartError
from survey.campaigns.forms.drafts import (
    attempt,
    complain,
    form_of,
    languages_of,
    read_text,
    text_data,
    text_fields,
)
from survey.languages import language_name
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation, OwnItem
from survey.questionnaires.adaptation_rules import (
    FEWEST_OPTIONS,
    LONGEST_LABEL,
    LONGEST_WORDING,
    MOST_OPTIONS,
    OWN_KINDS,
    OWN_THEMES,
)
from survey.questionnaires.model import (
    FROM_START,
    YEAR_ITEM,
    ItemKind,
    Questionnaire,
    Section,
    Text,
)
from survey.questionnaires.prohibited_topics import matching
from survey.questionnaires.themes import theme_label
from survey.typed_fields import TextAreaField
from survey.typed_text import first_twice, is_seen, kept
from survey.year_groups.wording import current_naming, year_name

KINDS = {
    ItemKind.ONE: _l("One choice"),
    ItemKind.SEVERAL: _l("Several choices; “None of these” is added by itself"),
    ItemKind.SCALE: _l("A scale from 0 to 10"),
}


def sections_for_own(template: Questionnaire) -> tuple[Section, ...]:
    """All but the one about the student: own items there could point at a person."""
    return tuple(
        one for one in template.sections if all(item.key != YEAR_ITEM for item in one.items)
    )


def find_own_item(adaptation: Adaptation, key: str) -> OwnItem:
    for item in adaptation.own_items:
        if item.key == key:
            return item
    raise NoSuchPartError(_("You have no such question."))


def own_item_form(
    template: Questionnaire,
    adaptation: Adaptation,
    *,
    section: str = "",
    item: OwnItem | None = None,
) -> FlaskForm:
    """The form of a new item in a section, or of one that is there."""
    languages = languages_of(template, adaptation)
    first = languages[0]
    fields: dict[str, Field] = {
        **text_fields("wording", _("Wording"), languages, most=LONGEST_WORDING),
        "kind": RadioField(
            _("How it is answered"),
            [InputRequired(_("Choose how it is answered."))],
            choices=[SelectChoice(str(kind), KINDS[kind]) for kind in OWN_KINDS],
        ),
        **text_fields(
            "options",
            _("Options, one on each line"),
            languages,
            most=MOST_OPTIONS * (LONGEST_LABEL + 2),
            kind=TextAreaField,
        ),
        "most": SelectField(
            _("How many may be picked"),
            choices=[
                SelectChoice("", _("As many as apply")),
                *(SelectChoice(str(n), str(n)) for n in range(1, MOST_OPTIONS + 1)),
            ],
        ),
        **text_fields("low", _("What 0 means"), languages, most=LONGEST_LABEL),
        **text_fields("high", _("What 10 means"), languages, most=LONGEST_LABEL),
        "section": SelectField(
            _("Section"),
            choices=[
                SelectChoice(one.key, one.title.in_language(first))
                for one in sections_for_own(template)
            ],
        ),
        "theme": SelectField(
            _("Theme"),
            choices=[SelectChoice(key, theme_label(key)) for key in OWN_THEMES],
            description=_("Where the report shows it."),
        ),
    }
    if not template.is_pulse:
        fields["from_year"] = SelectField(
            _("From year group"),
            choices=[SelectChoice(str(year), year_name(year)) for year in current_naming().numbers],
        )
    return form_of(fields, _filled(item) if item else {"section": section, "kind": ItemKind.ONE})


def _filled(item: OwnItem) -> dict[str, Any]:
    tags = {tag for option in item.options for tag, _words in option.by_language}
    return {
        **text_data("wording", item.wording),
        "kind": str(item.kind),
        **{
            f"options-{tag}": "\n".join(option.in_language(tag) for option in item.options)
            for tag in tags
        },
        "most": str(item.most or ""),
        **(text_data("low", item.ends[0]) | text_data("high", item.ends[1]) if item.ends else {}),
        "section": item.section,
        "theme": item.theme,
        "from_year": str(item.from_year),
    }


def read_own_item(
    form: FlaskForm, template: Questionnaire, adaptation: Adaptation, *, item: OwnItem | None = None
) -> Adaptation:
    """The adaptation with a new own item, or with `item` changed."""
    languages = languages_of(template, adaptation)
    first = languages[0]
    kind = ItemKind(form["kind"].data)
    wording = read_text(form, "wording", languages)
    if wording is None:
        complain(form, f"wording-{first}", _("Write what is asked."))
    options = _read_options(form, languages) if kind is not ItemKind.SCALE else ()
    ends = _read_ends(form, languages) if kind is ItemKind.SCALE else None
    _complain_of_words(form)
    if form.errors or wording is None:
        return adaptation
    most = form["most"].data if kind is ItemKind.SEVERAL else ""
    parts: dict[str, Any] = {
        "section": form["section"].data,
        "theme": form["theme"].data,
        "kind": kind,
        "wording": wording,
        "options": options,
        "ends": ends,
        "most": int(most) if most else None,
        "from_year": FROM_START if template.is_pulse else int(form["from_year"].data),
    }
    where = f"wording-{first}"
    if item is None:
        if any(
            all(getattr(one, key) == parts[key] for key in parts) for one in adaptation.own_items
        ):
            return adaptation  # the button was pressed twice
        return attempt(form, where, adaptation, adapt.add_item, template, **parts)
    changed = replace(item, **parts)
    return attempt(form, where, adaptation, adapt.change_item, template, item=changed)


def _read_options(form: FlaskForm, languages: tuple[str, ...]) -> tuple[Text, ...]:
    """Options line by line; other languages have as many, or none at all."""
    lines = {
        tag: [
            " ".join(kept(line).split())
            for line in (form[f"options-{tag}"].data or "").splitlines()
            if is_seen(line)
        ]
        for tag in languages
    }
    count = len(lines[languages[0]])
    if not FEWEST_OPTIONS <= count <= MOST_OPTIONS:
        complain(
            form,
            f"options-{languages[0]}",
            _("Give %(few)s to %(most)s options.", few=FEWEST_OPTIONS, most=MOST_OPTIONS),
        )
    for tag in languages:
        if lines[tag] and len(lines[tag]) != count:
            complain(
                form,
                f"options-{tag}",
                _(
                    "Write as many options as in %(language)s, in the same order.",
                    language=language_name(languages[0]),
                ),
            )
        if first_twice(lines[tag]):
            complain(form, f"options-{tag}", _("Two options have the same words."))
    written = [tag for tag in languages if len(lines[tag]) == count]
    return tuple(Text.of({tag: lines[tag][n] for tag in written}) for n in range(count))


def _read_ends(form: FlaskForm, languages: tuple[str, ...]) -> tuple[Text, Text] | None:
    low, high = (read_text(form, end, languages) for end in ("low", "high"))
    for name, end in (("low", low), ("high", high)):
        if end is None:
            complain(form, f"{name}-{languages[0]}", _("Write what this end of the scale means."))
    return (low, high) if low and high else None


def _complain_of_words(form: FlaskForm) -> None:
    """Blocked topics and identifying words, next to the field they are in."""
    for field in form:
        name, _dash, tag = field.name.partition("-")
        if not tag or not (field.data or "").strip():
            continue
        lines = field.data.splitlines() if name == "options" else [field.data]
        for line in filter(str.strip, lines):
            for finding in matching.find(Text.of({tag: line})):
                if finding.why not in field.errors:
                    complain(form, field.name, finding.why)


def remarks_on(item: OwnItem) -> tuple[str, ...]:
    """Warnings about an item that is allowed but worth a second look."""
    return tuple(dict.fromkeys(remark.why for remark in matching.remarks(item.wording)))
