"""What a program sends that no browser would: in fields, addresses, bodies and headers."""
# ruff: noqa: E501

from __future__ import annotations

import random

WORDS = (
    "", " ", "0", "-1", "1", "yes", "x", "9" * 30, "1e309", "²", "१२", "NaN", "null", "true", "[]",
    "\0", "a\0b", "\x01\x1b", "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "\ufffe", "\u202eabc", "e\u0301", "🙂", "李", "ไทย", "a\u200db", "\u2028", "\r\nX-Evil: 1",
    "<script>alert(1)</script>", "'\"><svg onload=alert(1)>", "{{7*7}}", "${7*7}", "%(name)s", "%s",
    "' OR 1=1 --", "1; DROP TABLE member", "../../etc/passwd", "//evil.example", "\\\\evil.example",
    "http://evil.example/", "javascript:alert(1)", "=HYPERLINK(1)", "#read(\"/etc/passwd\")",
    "00000000-0000-0000-0000-000000000000", "2026-13-45", "2026-02-30", "9999-12-31", "0000-00-00",
    "y9", "en", "cy", "xx", "a" * 121, "a" * 5000, " " * 4000, "\n" * 3000, "(" * 2000, "é" * 2000,
    "A1", "B2.toilets", "open", "close", "disable", "authenticator", "others", "send", "2026-10-05",
)  # fmt: skip

TYPES = (
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json",
    "text/plain", "multipart/form-data", "text/xml", "", "application/x-www-form-urlencoded; charset=x",
)  # fmt: skip

HEADERS = (
    ("Accept-Language", "zz-ZZ;q=x,,,;q=9, ar"), ("Accept-Language", "a" * 3000), ("Host", "evil.example"),
    ("X-Forwarded-Proto", "javascript"), ("X-Forwarded-Host", "evil.example"), ("Range", "bytes=9-1"),
    ("If-None-Match", "\"x"), ("If-Modified-Since", "yesterday"), ("Accept-Encoding", "br;q=x, gzip"),
    ("User-Agent", "\x7f" * 20), ("Sec-Fetch-Site", "cross-site"), ("Content-Encoding", "gzip"),
    ("Referer", "http://evil.example/"), ("X-HTTP-Method-Override", "DELETE"), ("Cookie", "session=x.y.z"),
)  # fmt: skip

FILES = (
    b"", b"x", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"GIF89a" + b"\xff" * 200, b"<svg/>",
    b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", b"PK\x03\x04", b"\xff" * 900,
    b"<!DOCTYPE x [<!ENTITY a 'b'>]><svg>&a;</svg>", b"%PDF-1.7", b"\xff\xd8\xff\xe0" + b"\0" * 99,
)  # fmt: skip


def word(rng: random.Random) -> str:
    chosen = rng.choice(WORDS)
    return chosen + rng.choice(WORDS) if rng.random() < 0.2 else chosen


def body(rng: random.Random, fields: list[tuple[str, str]]) -> bytes:
    """A multipart body, well formed or nearly so."""
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode(
            "utf-8", "replace"
        )
        for name, value in fields
    ]
    if rng.random() < 0.5:
        name = rng.choice([one for one, _value in fields] or ["file"])
        head = (
            f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="{word(rng)}"\r\n\r\n'
        )
        parts.append(head.encode("utf-8", "replace") + rng.choice(FILES) + b"\r\n")
    return b"".join(parts) + rng.choice((b"--b--\r\n", b"--b", b"", b"--b--\r\ntrailing"))
