"""Do words seem to name somebody? A hint before they are kept, never a refusal.

A name begins with a capital where no sentence begins, or is two such words in a row. Staff go by a
title ("Ms Okafor") and are no student; what the school calls its places is known. A first name
that begins a sentence is missed, so the page asks as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "sir", "pc", "pcso", "cllr"})
_USUAL = """
i monday tuesday wednesday thursday friday saturday sunday january february march april may june
july august september october november december christmas easter ramadan eid year years form room
block key stage english welsh maths science art music drama history geography tutor wave cctv pe
pshe rse send sendco dsl ta online instagram snapchat tiktok whatsapp youtube
"""
NO_NAMES = frozenset(_USUAL.split())
"""What is written with a capital and is nobody."""

WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
ENDS_A_SENTENCE = tuple('.!?:;•“"(')


def seem_named(words: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """What looks like a name, in the order it is written. `known`: names of places and of the
    school, whose words are nobody's."""
    usual = NO_NAMES | {word.casefold() for text in known for word in WORD.findall(text)}
    found: list[str] = []
    run: list[re.Match[str]] = []

    def end_run() -> None:
        if run:
            if len(run) > 1 or not _begins_sentence(words[: run[0].start()]):
                found.append(" ".join(one.group() for one in run))
            run.clear()

    titled = False
    after = 0
    for word in WORD.finditer(words):
        said = word.group()
        if words[after : word.start()].strip(" \t"):
            end_run()
        after = word.end()
        is_capital = said[:1].isupper() and not said.isupper()
        if said.casefold() in TITLES:
            end_run()
            titled = True
        elif not is_capital or said.casefold() in usual:
            end_run()
            titled = False
        elif not titled:
            run.append(word)
    end_run()
    return tuple(dict.fromkeys(found))


def _begins_sentence(before: str) -> bool:
    """Does a sentence or a line begin after these words?"""
    said = before.rstrip()
    return not said or "\n" in before[len(said) :] or said.endswith(ENDS_A_SENTENCE)
