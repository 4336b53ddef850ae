"""How often a change is marked that is not there, and how often one that is there.

`python -m benchmarks.change`: schools are drawn as the demo draws them, and asked twice; the second
time nothing has changed, or one place was treated. Every figure is printed by the real rules at the
finest rounding and at the coarsest. Fixed seed; two minutes on one core.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from survey.demo.simulated_students import SchoolEffect
from survey.demo.surveys import SCHOOLS, TEMPLATE, DemoSchool, draw_school, effect_of
from survey.disclosure.policy import Policy, RoundingLevel
from survey.questionnaires.check_answers import check
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire
from survey.releases.tabulation import Tabulation, count
from survey.reports.school.report_data import ReportData
from survey.reports.trends.change import ChangeVerdict, FigureChanges
from survey.reports.trends.latest_changes import read_since
from survey.reports.trends.over_time import RARELY, OverTime, OverTimeSection, read_over_time
from tests.unit.reports.schools import print_release

SEED = 20261127
SCHOOLS_DRAWN = 8
TREATMENTS = (0.0, -0.4, -0.7)
"""Log-odds by which a hotspot gets better."""

POLICIES = {
    "nearest 5": Policy(version="benchmark-1", start=RoundingLevel.BASE_5),
    "nearest 20": Policy(version="benchmark-1", start=RoundingLevel.BASE_20),
}
MARKS = frozenset(
    {ChangeVerdict.BETTER, ChangeVerdict.WORSE, ChangeVerdict.HIGHER, ChangeVerdict.LOWER}
)


@dataclass(frozen=True)
class Drawn:
    """A school, asked at first, and again after each treatment of its first hotspot."""

    school: DemoSchool
    before: Tabulation
    after: dict[float, Tabulation]


def main() -> None:
    questionnaire = load_all()[TEMPLATE]
    schools = [draw(questionnaire, at) for at in range(SCHOOLS_DRAWN)]
    for name, policy in POLICIES.items():
        print(f"\n{name}, {len(schools)} schools of 400 to 1,000 students")
        nothing_changed(questionnaire, schools, policy)
        for treatment in TREATMENTS[1:]:
            treated(questionnaire, schools, policy, treatment)


def draw(questionnaire: Questionnaire, at: int) -> Drawn:
    school, random = SCHOOLS[at % len(SCHOOLS)], Random(SEED + at)
    effect = effect_of(school, random)

    def asked(now: SchoolEffect) -> Tabulation:
        raw = draw_school(school, questionnaire, now, random)
        return count(questionnaire, (check(questionnaire, None, one) for one in raw))

    places = {by: effect.places | {school.hotspots[0]: effect.places[school.hotspots[0]] + by}
              for by in TREATMENTS}  # fmt: skip
    return Drawn(
        school, asked(effect), {by: asked(replace(effect, places=places[by])) for by in TREATMENTS}
    )


def changes_of(
    questionnaire: Questionnaire, drawn: Drawn, policy: Policy, treatment: float
) -> FigureChanges:
    pair = (
        ReportData(print_release(one, {"wave": number}, policy), questionnaire, "en")
        for number, one in enumerate((drawn.before, drawn.after[treatment]), start=1)
    )
    return FigureChanges(*pair, 1, 2)


def nothing_changed(questionnaire: Questionnaire, schools: list[Drawn], policy: Policy) -> None:
    marked: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    named = 0
    for drawn in schools:
        over = read_over_time([changes_of(questionnaire, drawn, policy, 0.0)])
        for kind, verdict in verdicts(over):
            compared[kind] += 1
            marked[kind] += verdict in MARKS
        since = read_since(over)
        named += bool(since.better or since.worse)
    for kind, total in compared.items():
        share, a_report = 100 * marked[kind] / total, marked[kind] / len(schools)
        of = total // len(schools)
        print(f"  nothing changed, {kind}: {share:.1f} % of {of} marked, {a_report:.1f} a report")
    print(f"  nothing changed, opening page: {named} of {len(schools)} reports name a change")


def verdicts(over: OverTime) -> Iterator[tuple[str, ChangeVerdict]]:
    for one in over.tracked:
        for row in one.rows:
            for track in row.tracks:
                if track.change.why is None:
                    if one.part is OverTimeSection.REST:
                        yield "everything else", track.change.verdict_at(RARELY)
                    else:
                        yield "places and themes", track.change.verdict
            if one.part is not OverTimeSection.REST:
                for change in row.first.groups:
                    if change.why is None:
                        yield "by year group and gender", change.verdict_at(RARELY)


def treated(
    questionnaire: Questionnaire, schools: list[Drawn], policy: Policy, treatment: float
) -> None:
    found = points = 0
    for drawn in schools:
        changes = changes_of(questionnaire, drawn, policy, treatment)
        place = drawn.school.hotspots[0]
        table = next(key for key in (f"B2.{place}", f"D1.{place}") if changes.now.table(key))
        change = changes.change_of(table, "feel_unsafe")
        found += change.verdict is ChangeVerdict.BETTER
        points += change.points or 0
    print(f"  a hotspot treated by {treatment} (about {-points / len(schools):.0f} points):"
          f" marked better in {found} of {len(schools)}")  # fmt: skip


if __name__ == "__main__":
    main()
