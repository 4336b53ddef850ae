"""Checks of a school's own questions for prohibited topics: a table of topics, and two remarks on
the shape.

Own items are read by students who are alone with them, and their answers are few and local. So
they may not touch what the template treats with most care (sensitivity 3), and may not ask who
someone is. A table of patterns cannot understand a sentence; it stops the honest slip and the
quick trick, and the preview by a second person stops the rest.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from flask_babel import gettext as _

from survey.personal_names.listed_names import is_one_off
from survey.questionnaires.model import Text
from survey.questionnaires.prohibited_topics.topics import OTHER_LANGUAGES, TOPICS
from survey.questionnaires.prohibited_topics.wording import Topic
from survey.typed_text import folded

MOST_WORDS = 18


@dataclass(frozen=True)
class TopicFinding:
    """One thing that is off: the topic's key (or "too_long", "two_in_one"), the reason in plain
    words, the language it was found in ("" if none was named) and the words."""

    topic: str
    why: str
    language: str
    words: str


HARMLESS = re.compile(
    r"\b(?:relationships?,? and sex education|sex education|sex and relationships?|addysg (?:rhyw|"
    r"rhywioldeb)(?: a pherthnasoedd)?|addysg cydberthynas a rhywioldeb|(?:same|single|mixed|"
    r"opposite|one|either) sex|teachers? names? for|e ?mails? from school|school e ?mails?|"
    r"health and social care|in care of|social media|ministers?)\b"
)
"""Everyday words that hold a blocked one; they are taken out before looking."""

MISSPELT = (
    "suicide", "suicidal", "selfharm", "depressed", "depression", "anorexia", "bulimia",
    "assaulted", "molested", "cannabis", "cocaine", "bisexual", "transgender", "pregnant",
    "sexually", "alcoholic", "immigration", "religion", "sexuality", "lesbian", "pregnancy",
)  # fmt: skip
"""Long words that are often misspelt, and are not one letter from a harmless one."""

WORD_START = r"(?:(?<![^\W_])|(?![a-z\u00c0-\u024f]))"
"""Where another language's word may begin. In Latin letters only at the start of a word: "azyl" is
not in "LazyLoader". In other scripts anywhere, because an article or a preposition is written in
one with its word."""

ENGLISH_TOO = re.compile(r"violat\w*|religi\w*|\bis dil\w*")
"""What another language's words would also find in English."""

LOOK_ALIKES = str.maketrans({
    "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s",
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ѕ": "s",
})  # fmt: skip
YOURSELF = re.compile(r"\b(?:you ?re|your?|ur?) ?sel(?:f|fs|ve|ves)\b")
IN_MESSAGES = {"u": "you", "r": "are", "ur": "your", "y": "why"}
TWO_IN_ONE = re.compile(
    r"\?.+\?|\band/or\b|\ba/neu\b|\b(?:and|ac?) (?:how|do|did|are|have|what|why|when|where)\b"
)


def normalised(words: str) -> tuple[str, ...]:
    """The words as patterns read them, in two ways: punctuation as a space ("self-harm"), and
    punctuation inside a word as nothing ("su.icide")."""
    letters = unicodedata.normalize("NFKD", words)
    letters = re.sub(r"(?<=[a-z])I+", lambda run: "l" * len(run[0]), letters).lower()
    letters = "".join(c for c in letters if unicodedata.category(c) not in ("Mn", "Cf"))
    letters = re.sub(r"[\u2019'`\u00b4]", "", letters)
    letters = re.sub(r"\S+", _without_look_alikes, letters)
    letters = re.sub(r"([a-z])\1{2,}", r"\1", letters)
    variants = (letters, re.sub(r"(?<=[a-z])[^a-z0-9\s]+(?=[a-z])", "", letters))
    return tuple(dict.fromkeys(_plain(variant) for variant in variants))


def _without_look_alikes(token: re.Match[str]) -> str:
    """Figures stand for letters only next to letters: "n4me", but not "year 7"."""
    word = token.group()
    return word.translate(LOOK_ALIKES) if any(c.isalpha() for c in word) else word


def _plain(words: str) -> str:
    words = " ".join(re.sub(r"[^a-z0-9]+", " ", words).split())
    # "n a m e": three single letters in a row are a word pulled apart.
    words = re.sub(r"\b(?:[a-z] ){2,}[a-z]\b", lambda run: run.group().replace(" ", ""), words)
    return " ".join(HARMLESS.sub(" ", words).split())


def topics_in(words: str, language: str = "en") -> tuple[Topic, ...]:
    """The blocked topics that words touch. Each language is looked for in the field of any: a
    school may type Polish into the English one."""
    variants = tuple(one for plain in normalised(words) for one in _as_meant(plain))
    typed = folded(words)
    if language in ("en", "cy"):
        typed = ENGLISH_TOO.sub(" ", typed)
    return tuple(
        topic
        for topic in TOPICS
        if (topic.as_written and topic.as_written(words))
        or (topic.key in OTHER_LANGUAGES and _other_languages(topic.key).search(typed))
        or any(_any_of(topic.english + topic.welsh).search(variant) for variant in variants)
    )


def _as_meant(plain: str) -> tuple[str, ...]:
    """The words as they are, and as they are meant if they are written as in a message, or if a
    well-known one is misspelt by a letter."""
    said = YOURSELF.sub("yourself", plain).split()
    said = [IN_MESSAGES.get(word, word) for word in said]
    for at, word in enumerate(said):
        pair = word + said[at + 1] if at + 1 < len(said) else ""
        for known in MISSPELT:
            if known not in (word, pair) and (is_one_off(word, known) or is_one_off(pair, known)):
                said[at] = known
    meant = " ".join(said)
    return (plain,) if meant == plain else (plain, meant)


@cache
def _other_languages(topic: str) -> re.Pattern[str]:
    return re.compile(f"{WORD_START}(?:{OTHER_LANGUAGES[topic]})")


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for all, at the start of a word; for none, one that is nowhere."""
    return re.compile(r"\b(?:" + ("|".join(patterns) or "(?!)") + ")")


def find(text: Text, *, longest: int = MOST_WORDS) -> tuple[TopicFinding, ...]:
    """What is blocked in a text, language by language; nothing, if it may be asked."""
    found: list[TopicFinding] = []
    for language, words in text.by_language:
        found.extend(
            TopicFinding(topic.key, str(topic.why), language, words)
            for topic in topics_in(words, language)
        )
        if len(words.split()) > longest:
            why = _("Use at most %(most)s words, so that everybody can read it.", most=longest)
            found.append(TopicFinding("too_long", why, language, words))
    return tuple(found)


def remarks(text: Text) -> tuple[TopicFinding, ...]:
    """What is worth a second look, and is not refused."""
    why = _(
        "This may be two questions in one. A student who would answer them differently cannot"
        " answer."
    )
    return tuple(
        TopicFinding("two_in_one", why, language, words)
        for language, words in text.by_language
        if TWO_IN_ONE.search(words.lower())
    )
