"""Run by `scripts/scan.sh` in the environment of the scanners: ADDRESS ROLE FILE [COOKIE]. The
pages are kept in the file, for the tools that come next."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pages import complaints, crawl


def main() -> int:
    address, role, kept = sys.argv[1:4]
    found, pages = 0, dict(crawl(address, (sys.argv[4:] or [None])[0]))
    Path(kept).write_text(json.dumps(pages), encoding="utf-8")
    for path, page in pages.items():
        for one in complaints(page):
            found += 1
            print(f"{role} {path}: {one}")
    print(f"{role}: {len(pages)} pages, {found} complaints of the HTML parser")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
