"""Access codes: made, read, stored as keyed hashes, used for one sealed box.

A code like K7QM-3XPD carries inside it which wave it opens, which year group it is for and a random
serial, all under a keyed permutation. So it can be opened to its wave without looking anything up,
and the first page of a student is the same whether the code is live or spent: no one who holds the
printed list can try out which codes were used. Only Send tells, and trying that costs a live code.
See docs/decisions/0002-codes-open-without-a-look-up.md.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from flask_babel import gettext as _
from sqlalchemy import insert, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from survey.campaigns.ballot_box import BallotBox
from survey.campaigns.models import AccessCode, VoidDoor, Wave
from survey.campaigns.states import WaveState
from survey.database import ledger, today
from survey.errors import RefusedError
from survey.ledger import backup_lock, since_backup
from survey.year_groups.values import OLDEST, PRIMARY, SECONDARY, YOUNGEST

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""31 letters and digits: none of 0 O 1 I L, which look alike in print."""

LENGTH = 8
HALF: int = len(ALPHABET) ** (LENGTH // 2)
"""A code is two halves of four letters; each is a number below 31^4."""

ROUNDS = 10
DOOR_BITS, YEAR_BITS, SERIAL_BITS = 18, 4, 17
YEARS = range(YOUNGEST, OLDEST + 1)
NUMBER_OF_YEAR = {
    **{year: year - SECONDARY + 1 for year in range(SECONDARY, OLDEST + 1)},
    PRIMARY: OLDEST - SECONDARY + 2,
}
"""What stands for a year group in a code; 0 means a code for any year. Year 6 came later, and cards
were printed by then, so it is the last."""

YEAR_OF_NUMBER = {number: year for year, number in NUMBER_OF_YEAR.items()}
SERIALS_PER_CODE = 8
"""How sparse serials are: eight places for each code made. A person who takes both key and
database finds the live codes, but cannot tell a spent one from one that was never printed."""

MOST_CODES: int = 2**SERIAL_BITS // SERIALS_PER_CODE
"""Codes that one wave can have for one year group."""

PERMUTATION, HASHES = b"access code permutation 1", b"access code hashes 1"
LIVE_TAGS = b"access code live tags 1"
"""Labels of the keys derived from the one in the settings."""

TAG_BYTES, RECEIPT_BYTES = 32, 64
BATCHES, BATCH_NAMES = b"access code batches 1", b"access code batch names 1"
"""Labels of the keys derived from the one in the settings."""

SEED_BYTES = 24
LONGEST_PASTED = 300
"""Letters that are looked through for a code: a link, or a sentence that was pasted with it."""

LOOK_ALIKES = str.maketrans("АВЕКМНРСТУХΑΒΕΖΗΚΜΝΡΤΥΧ", "ABEKMHPCTYXABEZHKMNPTYX")
"""Cyrillic and Greek capitals that cannot be taken from ours, as a phone's other keyboard types
them. 0 O 1 I L are not mapped: each could be a misread Q, D, J or 7, so none is unambiguous."""


class TooManyCodesError(RefusedError):
    """A wave has no room for so many more codes of one year group."""


@dataclass(frozen=True)
class OpenedCode:
    """What a code shows by itself. It does not show whether the code is still live."""

    code: str
    door: int
    year: int | None


def make_codes(
    *,
    door: int,
    year: int | None,
    count: int,
    key: bytes,
    before: int = 0,
    seed: str | None = None,
) -> tuple[str, ...]:
    """`count` new codes for a wave's door. `before` is how many that door and year had already:
    each batch draws from its own stretch of serials, so none comes twice, though the
    spent ones are on no list.

    `seed` is a random word of the page that makes them. The same page gets the same codes; without
    its word, which is stored nowhere, key and database do not give them again."""
    if before + count > MOST_CODES:
        raise TooManyCodesError(
            _("A survey can have %(most)s codes for one year group.", most=MOST_CODES)
        )
    stretch = range(before * SERIALS_PER_CODE, (before + count) * SERIALS_PER_CODE)
    drawn = hmac.digest(_derived(key, BATCHES), (seed or new_seed()).encode(), "sha256")
    serials = sorted(
        stretch, key=lambda serial: hmac.digest(drawn, serial.to_bytes(3, "big"), "sha256")
    )
    return tuple(_encode(_packed(door, year, serial), key) for serial in serials[:count])


def new_seed() -> str:
    """A random word for a page that makes codes, so that pressing its button twice makes them
    once."""
    return secrets.token_urlsafe(SEED_BYTES)


def batch_id_of(seed: str, *, key: bytes) -> uuid.UUID:
    """The name of the batch that a page makes. The word cannot be worked out from it."""
    return uuid.UUID(bytes=hmac.digest(_derived(key, BATCH_NAMES), seed.encode(), "sha256")[:16])


def read_code(text: str, *, key: bytes) -> OpenedCode | None:
    """What a typed, pasted or scanned code opens, or None if it is not one of ours.

    Forgives lower case, spaces, dashes, full-width letters, digits of other scripts, brackets,
    quotation marks and full stops, the whole link, and words around the code."""
    letters = letters_of(text)
    if len(letters) != LENGTH or any(letter not in ALPHABET for letter in letters):
        return None
    value = _decode(letters, key)
    door = value >> (YEAR_BITS + SERIAL_BITS)
    year = (value >> SERIAL_BITS) % 2**YEAR_BITS
    if door >= 2**DOOR_BITS or (year and year not in YEAR_OF_NUMBER):
        return None
    return OpenedCode(_printed(letters), door, YEAR_OF_NUMBER.get(year))


def hash_code(code: str, *, key: bytes) -> bytes:
    """What is stored in place of a live code; the same for every spelling `read_code` forgives."""
    return hmac.digest(_derived(key, HASHES), letters_of(code).encode(), "sha256")


def live_tag(code_hash: bytes, *, key: bytes) -> bytes:
    """What is stored with a code until it is used. Without the key it is as random as what is
    there afterwards."""
    return hmac.digest(_derived(key, LIVE_TAGS), code_hash, "sha256")


def store(db: Session, *, wave: Wave, codes: Iterable[str], key: bytes) -> None:
    """Stores the hashes of new codes, each with a blank box. Their order is that of the hashes and
    shows nothing else."""
    note_in_use(db, wave)
    hashes = sorted(hash_code(code, key=key) for code in codes)
    db.execute(insert(AccessCode), [fresh(wave, one, key=key) for one in hashes])


def fresh(wave: Wave, code_hash: bytes, *, key: bytes) -> dict[str, object]:
    """The row of a code that was not used yet."""
    return {
        "school_id": wave.school_id,
        "wave_id": wave.wave_id,
        "code_hash": code_hash,
        "tag": live_tag(code_hash, key=key),
        "receipt": secrets.token_bytes(RECEIPT_BYTES),
        "box": BallotBox.of(wave).blank(),
    }


def spend(
    db: Session, *, wave: Wave, code_hash: bytes, box: bytes, receipt: bytes, key: bytes
) -> bool:
    """Puts a sealed box in place of the blank one, once, while the wave is open: one statement,
    which compares and writes. Yes if it did; no if the code was used, is none, or it is closed."""
    put = db.execute(
        update(AccessCode)
        .where(
            AccessCode.school_id == wave.school_id,
            AccessCode.wave_id == wave.wave_id,
            AccessCode.code_hash == code_hash,
            AccessCode.tag == live_tag(code_hash, key=key),
            select(Wave.wave_id)
            .where(
                Wave.school_id == wave.school_id,
                Wave.wave_id == wave.wave_id,
                Wave.state == WaveState.OPEN,
            )
            .exists(),
        )
        .values(tag=secrets.token_bytes(TAG_BYTES), receipt=receipt, box=box)
        .execution_options(synchronize_session=False)
    )
    return isinstance(put, CursorResult) and put.rowcount == 1


def note_in_use(db: Session, wave: Wave) -> None:
    """Notes outside the database, once after each backup, that cards of this wave were made or
    used. A restore of that backup makes the cards void: it cannot know which codes were used."""
    path = ledger(db)
    backup_lock.hold_open(db, path)
    since_backup.note_in_use(path, in_use_name(wave.school_id, wave.wave_id), today())


def in_use_name(school_id: uuid.UUID, wave_id: uuid.UUID) -> str:
    return f"{school_id} {wave_id}"


def used(db: Session, *, wave: Wave, key: bytes) -> int:
    """How many codes of a wave were used. Exact, so never for a page."""
    there = db.execute(
        select(AccessCode.code_hash, AccessCode.tag).where(
            AccessCode.school_id == wave.school_id, AccessCode.wave_id == wave.wave_id
        )
    )
    return sum(tag != live_tag(code_hash, key=key) for code_hash, tag in there)


def draw_door(db: Session) -> int:
    """A random door that no wave has, and no void card."""
    while True:
        door = secrets.randbelow(2**DOOR_BITS)
        taken = select(Wave.door).where(Wave.door == door)
        void = select(VoidDoor.door).where(VoidDoor.door == door)
        if db.scalar(taken.union_all(void)) is None:
            return door


def letters_of(text: str) -> str:
    """The letters of a code without the ways people write and paste them."""
    given = unquote(text[:LONGEST_PASTED])  # a link may spell its dash as %2D
    plain = unicodedata.normalize("NFKC", given).upper().translate(LOOK_ALIKES)
    plain = "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
        for sign in plain
        if unicodedata.category(sign) not in ("Cf", "Co")
    )
    bare = _bare(plain)
    if len(bare) == LENGTH:
        return bare
    for written in (IN_LINK, IN_ONE, IN_TWO):
        if found := written.findall(plain):
            return "".join(found[-1])
    return bare


def _bare(words: str) -> str:
    """Without spaces, dashes, brackets, quotation marks and other signs around or inside."""
    return "".join(sign for sign in words if unicodedata.category(sign)[0] not in "PSZC")


_FOUR = f"([{ALPHABET}]{{4}})"
_ALONE, _ENDS = r"(?<![^\W_])", r"(?![^\W_])"
IN_LINK = re.compile(rf"\bS/{_FOUR}[^\w/]?{_FOUR}{_ENDS}")
IN_ONE = re.compile(rf"{_ALONE}{_FOUR}[^\w\s]?{_FOUR}{_ENDS}")
IN_TWO = re.compile(rf"(?={_ALONE}{_FOUR}\s+{_FOUR}{_ENDS})")
"""Where a code is found among other words: in a link, else as one word, else as two. Two words are
looked for wherever one begins, for the word before a code may have four letters as well."""


def _printed(letters: str) -> str:
    return f"{letters[: LENGTH // 2]}-{letters[LENGTH // 2 :]}"


def _packed(door: int, year: int | None, serial: int) -> int:
    number = 0 if year is None else NUMBER_OF_YEAR.get(year)
    if not 0 <= door < 2**DOOR_BITS or number is None:
        raise ValueError("no such door or year group")
    return (door << (YEAR_BITS + SERIAL_BITS)) | (number << SERIAL_BITS) | serial


def _encode(value: int, key: bytes) -> str:
    """The code of a number: a balanced Feistel network over two halves with addition modulo 31^4
    and HMAC-SHA256 as round function, the structure of FF1 in NIST SP 800-38G."""
    left, right = divmod(value, HALF)
    for turn in range(ROUNDS):
        left, right = right, (left + _round(turn, right, key)) % HALF
    return _printed(_spelled(left) + _spelled(right))


def _decode(letters: str, key: bytes) -> int:
    """The number of a code: the same rounds backwards."""
    left, right = _counted(letters[: LENGTH // 2]), _counted(letters[LENGTH // 2 :])
    for turn in reversed(range(ROUNDS)):
        left, right = (right - _round(turn, left, key)) % HALF, left
    return left * HALF + right


def _round(turn: int, half: int, key: bytes) -> int:
    mixed = hmac.digest(
        _derived(key, PERMUTATION), bytes((turn,)) + half.to_bytes(4, "big"), "sha256"
    )
    return int.from_bytes(mixed, "big") % HALF


@lru_cache(maxsize=8)
def _derived(key: bytes, label: bytes) -> bytes:
    return hmac.digest(key, label, "sha256")


def _spelled(half: int) -> str:
    letters = ""
    for _place in range(LENGTH // 2):
        half, letter = divmod(half, len(ALPHABET))
        letters = ALPHABET[letter] + letters
    return letters


def _counted(letters: str) -> int:
    half = 0
    for letter in letters:
        half = half * len(ALPHABET) + ALPHABET.index(letter)
    return half
