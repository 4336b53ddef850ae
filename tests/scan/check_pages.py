"""Run by `scripts/scan.sh` in the environment of the scanners: ADDRESS ROLE [COOKIE]."""

from __future__ import annotations

import sys

from pages import complaints, crawl


def main() -> int:
    address, role, cookie = sys.argv[1], sys.argv[2], (sys.argv[3:] or [None])[0]
    pages = found = 0
    for path, page in crawl(address, cookie):
        pages += 1
        for one in complaints(page):
            found += 1
            print(f"{role} {path}: {one}")
    print(f"{role}: {pages} pages, {found} complaints of the HTML parser")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
