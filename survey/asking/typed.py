"""What was typed on the page, sealed for its address while something is to be put right: in the
history of the device nobody can read it, and nobody can open it once the message was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from survey.device import envelope
from survey.device.hour_keys import HourKeys

PURPOSE = b"asking page 1"
STEP_BYTES = 1024
"""The address is as long for a few words as for many, up to this."""

MOST_BYTES = 4096
"""More than the longest fields can hold. What is longer is cut, field by field."""


def seal(keys: HourKeys, fields: Mapping[str, Sequence[str]]) -> str:
    """The fields as letters for an address."""
    kept = {name: list(values) for name, values in fields.items()}
    while (
        len(plain := json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")) > MOST_BYTES
    ):
        longest = max(kept, key=lambda name: sum(map(len, kept[name])))
        kept[longest] = [words[: len(words) * 3 // 4] for words in kept[longest][:1]]
    size = -(-len(plain) // STEP_BYTES) * STEP_BYTES
    return envelope.seal(keys, plain.ljust(size), purpose=PURPOSE)


def unseal(keys: HourKeys, letters: str) -> dict[str, list[str]] | None:
    """The fields again; None if the key is forgotten."""
    plain = envelope.unseal(keys, letters, purpose=PURPOSE)
    if plain is None:
        return None
    fields: dict[str, list[str]] = json.loads(plain)
    return fields
