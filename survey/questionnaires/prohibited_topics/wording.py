"""Groups of words that patterns of topics are made of, and what a topic is.

Patterns are written for normalised words: small letters, no accents, no apostrophes, single
spaces. Each begins at the start of a word.
"""

# ruff: noqa: E501 (a pattern is read as a whole, and cut in two it is misread)

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask_babel.speaklater import LazyString


@dataclass(frozen=True)
class Topic:
    """A thing not to ask, why, and the patterns that give it away: in normalised words of both
    languages, or, where capitals matter, what finds it in the words as written."""

    key: str
    why: LazyString
    english: tuple[str, ...] = ()
    welsh: tuple[str, ...] = ()
    as_written: Callable[[str], Sequence[str]] | None = None


PERSON = r"(?:person|people|pupils?|students?|teachers?|staff|adults?|bully|bullies|someone|boys?|girls?|kids?|friends?)"
CLOSE = r"(?:boyfriend|girlfriend|partner|ex|someone you (?:date|go out with)|person you (?:date|are dating|go out with))"
HARM = r"(?:hit|hits|hurt|hurts|slap\w*|kick\w*|punch\w*|threat\w*|control\w*|force[sd]?|abus\w*|violen\w*|chok\w*|stalk\w*)"
FAMILY = r"(?:parents?|carers?|mum|mam|dad|mother|father|step\w+|brothers?|sisters?|uncle|grand\w+|family|anyone at home|someone at home)"
DRUGS = r"(?:drug[sz]?|weed|cannabis|cocaine|coke|pills|spice|ketamine|ket|mdma|molly|nos|balloons|edibles|snus)\b"
ARMS = r"(?:k?nife|k?ni[fv]es|blades?|weapons?|guns?|shanks?|machetes?)\b"
YOU = r"(?:are|were|have|had|do|did|would|could|if|when) you(?: (?:ever|often|sometimes|already|also|now|personally|been))* "
ASK = r"(?:what|whats|which|write|tell us|type|enter|give|give us|say|put|add|state)"
THEN = r"(?: (?!when|if|about|that|how|who)\w+)"
