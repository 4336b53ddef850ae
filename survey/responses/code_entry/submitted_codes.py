"""A code that a student enters. One that has to wait before it is checked travels sealed in the
address of the page that says so. No one can open that address after the session it began ends."""

from __future__ import annotations

import json
import time
from dataclasses import astuple, dataclass, replace

from survey.campaigns.access_codes import LENGTH, letters_of
from survey.device import envelope
from survey.device.hour_keys import HourKeys
from survey.responses import states
from survey.responses.code_entry.rate_limit import GuessLimit, Ticket

PURPOSE = b"code that waits 1"
PLAIN_BYTES = 320
"""Letters of a code, the number of a session and a ticket, however long the letters are written."""


@dataclass(frozen=True)
class Knock:
    """The letters of a code, the number of the session that it begins, and the ticket of the page
    that made it wait."""

    code: str
    receipt: str
    ticket: str = ""

    @classmethod
    def of(cls, typed: str) -> Knock:
        # What is longer is no code. So any text that is pasted makes a short address.
        return cls(letters_of(typed)[: 2 * LENGTH], states.new_receipt())

    def must_wait(self, guesses: GuessLimit, *, key: bytes) -> Knock | None:
        """The same with a ticket, if it has to wait; None if it may be checked."""
        now, seconds = time.time(), guesses.wait(self.code)
        if not seconds:
            return None
        ticket = Ticket.read(self.ticket, self.code, key=key)
        if ticket is None or ticket.is_over(now):
            ticket = Ticket.new(self.code, seconds=seconds, now=now, key=key)
        return replace(self, ticket=str(ticket)) if ticket.seconds_left(now) else None

    def seconds_left(self, *, key: bytes) -> int:
        ticket = Ticket.read(self.ticket, self.code, key=key)
        return ticket.seconds_left(time.time()) if ticket else 0


def seal(keys: HourKeys, knock: Knock) -> str:
    """The letters of an address."""
    plain = json.dumps(astuple(knock)).encode().ljust(PLAIN_BYTES)
    return envelope.seal(keys, plain, purpose=PURPOSE)


def unseal(keys: HourKeys, letters: str) -> Knock | None:
    """What was sealed; None if the key is forgotten or the letters are not ours."""
    plain = envelope.unseal(keys, letters, purpose=PURPOSE)
    return Knock(*json.loads(plain)) if plain else None
