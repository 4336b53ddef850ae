#!/usr/bin/env python3
"""Check an authority's comparison against its schools' releases.  Standard library only.

    python verify_comparison.py comparison.json release.json [release.json ...]

The comparison may say nothing that the releases do not: every figure of a school must stand in
one release as it is, and every middle, quartile and sum must follow from those figures.  Then it
tells nobody anything new about a student, and the certificates of the schools cover it.  Ends
with status 0 when all of it holds, 1 when anything does not, 2 when a file cannot be read.
"""

import hashlib
import json
import sys
from typing import Any

COMPARISON_FORMAT = "safety-survey-comparison/1"
RELEASE_FORMAT = "safety-survey-release/1"
NUMBERS = ("count", "percent", "limit", "under", "at_least")
LEAST_SCHOOLS = 5
LARGEST_SHARE = 60


class Rejected(Exception):  # noqa: N818  the word a reader of the output will see
    """The comparison does not follow from the releases."""


def verify_comparison(comparison_text: str, release_texts: list[str]) -> list[str]:
    """Check the texts and return sentences about what was checked.  Raises Rejected."""
    comparison = json.loads(comparison_text)
    if comparison.get("format") != COMPARISON_FORMAT:
        raise Rejected(f"not a {COMPARISON_FORMAT} file")
    releases = {}
    for text in release_texts:
        release = json.loads(text)
        if release.get("format") != RELEASE_FORMAT:
            raise Rejected(f"not a {RELEASE_FORMAT} file")
        releases[hashlib.sha256(_canonical(release).encode()).hexdigest()] = release
    if sorted(releases) != sorted(comparison["releases"]):
        raise Rejected("the comparison was made of other releases")
    if len(releases) < LEAST_SCHOOLS or len(comparison["schools"]) != len(releases):
        raise Rejected("the comparison has too few schools, or not one for each release")
    candidates = {school["code"]: list(releases.values()) for school in comparison["schools"]}
    for figure in comparison["figures"]:
        for one in figure["schools"]:
            numbers = _given(one)
            if not numbers:
                continue
            candidates[one["school"]] = [
                release
                for release in candidates[one["school"]]
                if numbers == _printed(release, figure["table"], figure["answer"])
            ]
            if not candidates[one["school"]]:
                raise Rejected(
                    f"{figure['table']} {figure['answer']}: school {one['school']} has a figure"
                    " that no one release prints beside its others"
                )
        _check_summary(figure)
    if not _one_each(list(candidates.values())):
        raise Rejected("two schools of the comparison would be one release")
    return [
        f"The comparison was made of these {len(releases)} releases.",
        f"{len(comparison['figures'])} figures checked: each school's stands in its release as it"
        " is, and all sums, quartiles and middles follow from them.",
        f"None is of fewer than {LEAST_SCHOOLS} schools, and no school gives more than"
        f" {LARGEST_SHARE} % of the answers to any.",
        "So the comparison adds nothing to what the releases say, and their certificates cover it.",
    ]


def _canonical(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _given(figure: Any) -> dict[str, int]:
    """The printed numbers of a school in the comparison; empty where it has none."""
    numbers = {name: figure[name] for name in NUMBERS if figure[name] is not None}
    return {**numbers, "base": figure["base"]} if numbers else {}


def _printed(release: Any, key: str, answer: str) -> dict[str, int]:
    """What a release prints of an answer or box for the whole school."""
    table = next((one for one in release["tables"] if one["key"] == key), None)
    if table is None:
        return {}
    row = next(one for one in table["rows"] if one["group"] == "all")
    if not row["shown"]:
        return {}
    if answer in row["boxes"]:
        figure, base = row["boxes"][answer], row["boxes"][answer].get("of_base")
    else:
        figure, base = row["cells"][answer], row["base"]
    numbers = {name: figure[name] for name in NUMBERS if name in figure}
    return {**numbers, "base": base} if numbers else {}


def _check_summary(figure: Any) -> None:
    where = f"{figure['table']} {figure['answer']}"
    given = [one for one in figure["schools"] if one["base"] is not None]
    bases = [one["base"] for one in given]
    if len(given) < LEAST_SCHOOLS or 100 * max(bases) > LARGEST_SHARE * sum(bases):
        raise Rejected(f"{where}: of too few schools, or mostly of one")
    halves = 0
    places = []
    for one in given:
        if one["count"] is not None:
            halves += 2 * one["count"]
            places.append(one["percent"])
        elif one["under"] is not None:
            halves += one["limit"] - 1
            places.append((one["under"] + 1) // 2)
        else:
            halves += 2 * one["base"] - one["limit"] + 1
            places.append((one["at_least"] + 101) // 2)
    places.sort()
    expected = {
        "given": len(given),
        "base": sum(bases),
        "middle": _nearest(100 * halves, 2 * sum(bases)),
        "lower_quartile": _quartile(places, 1),
        "median": _quartile(places, 2),
        "upper_quartile": _quartile(places, 3),
    }
    for name, value in expected.items():
        if figure[name] != value:
            raise Rejected(f"{where}: {name} is {figure[name]}, and the releases give {value}")


def _nearest(number: int, of: int) -> int:
    return (2 * number + of) // (2 * of)


def _quartile(values: list[int], which: int) -> int:
    whole, part = divmod(which * (len(values) - 1), 4)
    following = values[min(whole + 1, len(values) - 1)]
    return _nearest(4 * values[whole] + part * (following - values[whole]), 4)


def _one_each(candidates: list[list[Any]]) -> bool:
    """Whether every school can be given a release of its own (by augmenting paths)."""
    owner: dict[int, int] = {}

    def place(school: int, tried: set[int]) -> bool:
        for release in candidates[school]:
            if id(release) not in tried:
                tried.add(id(release))
                if id(release) not in owner or place(owner[id(release)], tried):
                    owner[id(release)] = school
                    return True
        return False

    return all(place(school, set()) for school in range(len(candidates)))


def main(arguments: list[str]) -> int:
    """Run from the command line; returns the exit status."""
    if len(arguments) < 2:
        print(__doc__.strip())
        return 2
    texts = []
    try:
        for name in arguments:
            with open(name, encoding="utf-8") as file:
                texts.append(file.read())
    except (OSError, UnicodeDecodeError) as wrong:
        print(f"Cannot read: {wrong}")
        return 2
    try:
        sentences = verify_comparison(texts[0], texts[1:])
    except Rejected as wrong:
        print(f"REJECTED: {wrong}.")
        return 1
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as wrong:
        print(f"REJECTED: the files are not of the described form ({wrong!r}).")
        return 1
    print("\n".join(["ACCEPTED.", *sentences]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
