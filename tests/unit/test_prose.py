"""No banned word in interface strings, templates, docstrings, comments and documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.prose import hits_of

ROOT = Path(__file__).parents[2]
PLACES = sorted(
    path
    for folder in (ROOT, ROOT / "survey", ROOT / "docs", ROOT / "survey/reports")
    for path in folder.iterdir()
    if path.is_dir() or path.suffix in (".md", ".py", ".cfg", ".toml")
    if path.name[0] not in "._" and path.name not in ("survey", "docs", "reports", "translations")
)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("place", PLACES, ids=name)
def test_plain_english(place: Path) -> None:
    assert [str(hit) for hit in hits_of(place)] == []


def test_the_search_finds_a_word_in_every_kind_of_text(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(
        '"""Nobody\n\nis here."""\n'
        "x = 1  # what a\ny = 2  # Whoever of its\n# own reads\n"
        'say(_("The wave is closed"), name="wave")\nclick.echo("Done anew")\n',
        encoding="utf-8",
    )
    (tmp_path / "two.html").write_text(
        '<p class="stands">{# nought #}\n{{ _("Add an item") }}</p>\n<b>It stands</b>\n',
        encoding="utf-8",
    )
    (tmp_path / "three.md").write_text("`lies`\n\nIt lies here, and stands for it.\n")
    found = [(hit.file.name, hit.line, hit.found) for hit in hits_of(tmp_path)]
    assert found == [
        ("one.py", 1, "Nobody"),
        ("one.py", 5, "Whoever"),
        ("one.py", 5, "of its own"),
        ("one.py", 7, "wave"),
        ("one.py", 8, "anew"),
        ("three.md", 3, "lies"),
        ("two.html", 1, "nought"),
        ("two.html", 2, "item"),
        ("two.html", 3, "stands"),
    ]
