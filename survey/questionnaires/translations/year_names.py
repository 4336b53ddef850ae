"""The year groups of a template in the names of a nation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from survey.questionnaires.model import YEAR_ITEM, Questionnaire, Text
from survey.year_groups.values import SECONDARY, YearGroup, YearNaming


def with_year_names(template: Questionnaire, naming: YearNaming) -> Questionnaire:
    """A template, which is written for England and Wales, with the year groups of a nation. Their
    keys say the age and stay."""
    year_item = template.by_key.get(YEAR_ITEM)
    if naming is template.naming or year_item is None:
        return replace(template, naming=naming)
    known = {option.key: option.label for option in year_item.options}
    options = tuple(
        replace(option, label=year_label(known, group, naming))
        if (group := YearGroup.parse(option.key))
        else option
        for option in year_item.options
        if not (group := YearGroup.parse(option.key)) or group in naming.groups
    )
    return replace(
        template,
        naming=naming,
        sections=tuple(
            replace(
                section,
                items=tuple(
                    replace(item, options=options) if item is year_item else item
                    for item in section.items
                ),
            )
            for section in template.sections
        ),
    )


def year_label(known: Mapping[str, Text], group: YearGroup, naming: YearNaming) -> Text:
    """What a nation calls a year group, in the languages of the template: the words of "Year 9"
    with another number, or "S3" in all of them. `known` are the words of England by key; Year 6,
    which no template names, gets those of Year 7."""
    if group.key not in known:
        group, number = YearGroup(SECONDARY), group.in_nation(naming)
    else:
        number = group.in_nation(naming)
    words = known[group.key]
    return Text.of({
        tag: number if naming is YearNaming.SCOTLAND else said.replace(str(group.number), number)
        for tag, said in words.by_language
    })  # fmt: skip
