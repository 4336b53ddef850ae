"""Lists the assertions of tests that a run under coverage.py never came to: a loop over nothing, a
case that no data makes. Run by `scripts/coverage.sh`; tests of the long run are left out."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).parents[1]


def assertions(tree: ast.AST) -> Iterator[ast.Assert]:
    """Those of tests in the ordinary run, and of what such tests call."""
    for node in ast.iter_child_nodes(tree):
        marks = " ".join(ast.unparse(one) for one in getattr(node, "decorator_list", ()))
        if "mark.slow" in marks and "param(" not in marks:
            continue
        if isinstance(node, ast.Assert):
            yield node
        yield from assertions(node)


def unreached(coverage: Coverage, path: Path) -> list[ast.Assert]:
    _name, _lines, _excluded, missing, _said = coverage.analysis2(str(path))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [one for one in assertions(tree) if one.lineno in missing]


def main() -> int:
    coverage = Coverage()
    coverage.load()
    reached = coverage.get_data()
    found = 0
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if not reached.lines(str(path)):  # not a file of this run
            continue
        never = unreached(coverage, path)
        for one in never:
            print(f"{path.relative_to(ROOT)}:{one.lineno}: {ast.unparse(one)[:100]}")
        found += len(never)
    print(f"{found} assertions were never reached")
    return 0


if __name__ == "__main__":
    sys.exit(main())
