"""The words typed on the page, sealed into its address while something in them has to be corrected.
No one can read it in the history of the device, and no one can open it once the message was
sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from survey import text_encodings
from survey.device import envelope
from survey.device.hour_keys import HourKeys

PURPOSE = b"asking page 1"
STEP_BYTES = 1024
"""The address is as long for a few words as for many, up to this."""

MOST_BYTES = 4096
"""More than the longest fields can hold in any script of our languages. What is longer is cut,
field by field, and the fields that were cut are named."""
CUT = "cut"

HEAD_BYTES = 3
"""The way the fields are written down, and their length."""


def seal(keys: HourKeys, fields: Mapping[str, Sequence[str]]) -> str:
    """The fields as letters for an address."""
    kept = {name: list(values) for name, values in fields.items()}
    cut: set[str] = set()
    while (found := text_encodings.fitting(_spelled(kept), MOST_BYTES - HEAD_BYTES)) is None:
        longest = max(kept, key=lambda name: sum(map(len, kept[name])))
        kept[longest] = [words[: len(words) * 3 // 4] for words in kept[longest][:1]]
        cut.add(longest)
        kept[CUT] = sorted(cut)
    spelling, packed = found
    plain = bytes((spelling,)) + len(packed).to_bytes(HEAD_BYTES - 1, "big") + packed
    size = -(-len(plain) // STEP_BYTES) * STEP_BYTES
    return envelope.seal(keys, plain.ljust(size), purpose=PURPOSE)


def unseal(keys: HourKeys, letters: str) -> dict[str, list[str]] | None:
    """The fields again; None if the key is forgotten."""
    plain = envelope.unseal(keys, letters, purpose=PURPOSE)
    if plain is None:
        return None
    packed = plain[HEAD_BYTES:][: int.from_bytes(plain[1:HEAD_BYTES], "big")]
    fields: dict[str, list[str]] = json.loads(text_encodings.read(plain[0], packed))
    return fields


def _spelled(fields: Mapping[str, Sequence[str]]) -> str:
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace").decode()
