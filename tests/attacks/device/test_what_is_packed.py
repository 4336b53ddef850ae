"""The reader of profiles finds words that a browser packed: without that, finding none says
nothing."""

from __future__ import annotations

import gzip
from pathlib import Path

import brotli

from tests.attacks.attackers import profile as profiles


def test_what_is_packed_is_read(tmp_path: Path) -> None:
    """Each way in which browsers pack what they keep."""
    words = b"needle in a haystack, " * 3
    snappy = bytes((66, 21 << 2)) + words[:22] + bytes((43 << 2 | 2, 22, 0))
    assert profiles.snappy(snappy) == words
    lz4 = bytes((0xFF, 7)) + words[:22] + bytes((22, 0, 20)) + bytes((0x50,)) + words[-5:]
    assert profiles.lz4(lz4)[:61] == words[:61]
    (tmp_path / "Cache").mkdir()
    (tmp_path / "Cache" / "one").write_bytes(b"head" + brotli.compress(words))
    (tmp_path / "two").write_bytes(b"head" + gzip.compress(words))
    (tmp_path / "three").write_bytes(words.decode().encode("utf-16-le"))
    (tmp_path / "four").write_bytes(profiles.MOZ_LZ4 + bytes(4) + lz4)
    found = profiles.search(tmp_path, ["needle"])
    assert sorted(one.split(" in ")[-1] for one in found) == ["Cache/one", "four", "three", "two"]
