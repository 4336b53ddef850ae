"""Parameters of the demo's students: shares in per cent, effects in log-odds.

Baselines are for Years 7 to 11 and shaped to published surveys' orders of magnitude; they are our
judgement for a demo and say nothing about any real school.
"""

from __future__ import annotations

from collections.abc import Mapping

UNSAFE: Mapping[str, float] = {
    "toilets": 24, "corridors": 18, "outdoors": 15, "changing_rooms": 15, "gates": 14,
    "canteen": 10, "classrooms": 5, "library": 3,
    "journey": 15, "outside_gates": 14, "stops": 30, "transport": 24, "parks": 25, "town": 16,
    "near_home": 8,
}  # fmt: skip
"""Per cent who rate a place unsafe or very unsafe."""

AWAY: Mapping[str, float] = {
    "toilets": 6, "changing_rooms": 5, "library": 18, "canteen": 8, "stops": 22, "transport": 20,
    "parks": 10, "town": 8,
}  # fmt: skip
"""Per cent who say "I don't go there"; 2 elsewhere."""

OUTSIDE = frozenset({"journey", "outside_gates", "stops", "transport", "parks", "town"})
GIRLS_MORE = {True: 0.45, False: 0.15}  # outside, inside
BOYS_MORE = {"toilets": 0.15, "town": 0.15}
ANOTHER_MORE = 0.8
YEAR_EFFECT: Mapping[int, float] = {7: -0.2, 8: 0.15, 9: 0.3, 10: 0.2, 11: 0.0, 12: -0.5, 13: -0.5}
LOADING = 0.5
"""How far a student's own leaning (a standard normal) moves every adverse answer."""
SCHOOL_SPREAD = 0.35
HOTSPOT = 1.0
TREATED = -0.7
DRIFT = 0.1
PEAK = 1.0

GENDERS: Mapping[str, float] = {"girl": 48, "boy": 47, "another": 2, "prefer_not": 3}
SKIPPED = 2.5
PREFER_NOT = 2.0

ONE: Mapping[str, Mapping[str, float]] = {
    "A3": {"walk": 44, "cycle": 4, "school_bus": 16, "public_transport": 12, "car": 22, "other": 2},
    "A4": {"yes": 14, "no": 74, "not_sure": 12},
    "B6": {"never": 58, "once_or_twice": 20, "few_times": 12, "most_weeks": 6, "most_days": 4},
    "C2": {"no": 84, "once": 8, "few": 6, "often": 2},
    "D3": {"route": 11, "place": 10, "both": 6, "no": 73},
    "F2": {"never": 55, "once_or_twice": 24, "few_times": 12, "most_weeks": 6, "most_days": 3},
    "G1.race": {"never": 30, "once_or_twice": 25, "few_times": 22, "most_weeks": 13, "most_days": 10},
    "G1.religion": {"never": 45, "once_or_twice": 24, "few_times": 17, "most_weeks": 9, "most_days": 5},
    "G1.sex": {"never": 36, "once_or_twice": 24, "few_times": 20, "most_weeks": 11, "most_days": 9},
    "G1.lgbt": {"never": 28, "once_or_twice": 22, "few_times": 22, "most_weeks": 15, "most_days": 13},
    "G1.disability": {"never": 52, "once_or_twice": 22, "few_times": 15, "most_weeks": 7, "most_days": 4},
    "G1.looks": {"never": 22, "once_or_twice": 24, "few_times": 25, "most_weeks": 16, "most_days": 13},
    "H1": {"never": 30, "once_or_twice": 24, "few_times": 22, "most_weeks": 14, "most_days": 10},
    "H3": {"agree_lot": 20, "agree": 36, "not_sure": 24, "disagree": 13, "disagree_lot": 7},
    "I1": {"agree_lot": 14, "agree": 38, "not_sure": 30, "disagree": 13, "disagree_lot": 5},
    "I2": {"yes": 15, "not_sure": 15, "no": 70},
    "J1": {"yes": 52, "sort_of": 30, "no": 18},
    "J2": {"lot": 3, "sometimes": 8, "no": 49, "dont_know": 40},
    "K1.at_school": {"not_at_all": 58, "bit": 26, "quite": 10, "very": 6},
    "K1.around_school": {"not_at_all": 46, "bit": 32, "quite": 14, "very": 8},
    "K1.in_area": {"not_at_all": 40, "bit": 33, "quite": 16, "very": 11},
    "K2": {"yes": 20, "not_sure": 30, "no": 50},
    "L1": {"several": 32, "one": 34, "not_sure": 20, "no": 14},
    "L4": {"better": 14, "bit_better": 20, "no_change": 15, "worse": 4, "not_told": 47},
    "M1": {"agree_lot": 20, "agree": 42, "not_sure": 25, "disagree": 9, "disagree_lot": 4},
    "M2": {"agree_lot": 12, "agree": 38, "not_sure": 30, "disagree": 14, "disagree_lot": 6},
    "N1.notice": {"agree_lot": 12, "agree": 36, "not_sure": 28, "disagree": 17, "disagree_lot": 7},
    "N1.rules": {"agree_lot": 14, "agree": 38, "not_sure": 24, "disagree": 16, "disagree_lot": 8},
    "N1.fair": {"agree_lot": 11, "agree": 33, "not_sure": 25, "disagree": 20, "disagree_lot": 11},
    "N1a.views": {"agree_lot": 8, "agree": 27, "not_sure": 34, "disagree": 20, "disagree_lot": 11},
    "N1a.lessons": {"agree_lot": 16, "agree": 43, "not_sure": 24, "disagree": 11, "disagree_lot": 6},
    "O4": {"often": 9, "some": 21, "occasionally": 25, "hardly": 27, "never": 18},
    "O5": {"agree_lot": 20, "agree": 40, "not_sure": 22, "disagree": 12, "disagree_lot": 6},
    "P3": {"fully": 66, "mostly": 26, "watched": 5, "not_honest": 3},
}  # fmt: skip
"""Shares of the options of a one-choice item or a grid row, in per cent of those who answer."""

ADVERSE = frozenset({
    "unsafe", "very_unsafe", "few_times", "most_weeks", "most_days", "once", "few", "often", "route",
    "place", "both", "disagree", "disagree_lot", "lot", "sometimes", "quite", "very", "no_change",
    "worse", "to_me", "some",
})  # fmt: skip
"""Options that a student who leans that way, or a rough school, gives more often."""

TO_ME: Mapping[str, tuple[float, float, float]] = {
    # row: happened to girls, to boys, seen or heard (per cent)
    "E2.unkind": (22, 16, 28), "E2.left_out": (20, 12, 22), "E2.fake": (5, 5, 16),
    "E2.filmed": (9, 9, 22), "E2.stranger": (12, 6, 8),
    "F1.names": (38, 38, 44), "F1.left_out": (34, 24, 34), "F1.hurt": (10, 18, 34),
    "F1.threatened": (8, 12, 22), "F1.belongings": (7, 9, 18),
    "H2.comments": (34, 12, 40), "H2.touch": (12, 4, 16), "H2.pressure": (9, 4, 12),
    "H2.shared": (7, 5, 22),
}  # fmt: skip

SEVERAL: Mapping[str, Mapping[str, float]] = {
    "B4": {"crowds": 38, "no_adults": 34, "hidden": 20, "run_down": 15, "older_pupils": 28,
           "groups": 32, "filming": 14, "comments": 24, "smoking_drugs": 26, "locks_doors": 16,
           "other": 5},
    "C1": {"before_school": 8, "between_lessons": 22, "in_lessons": 6, "break": 18, "lunch": 22,
           "end_of_day": 16, "clubs": 3},
    "D2": {"lighting": 36, "groups": 42, "followed": 30, "fights": 22, "drugs": 24, "traffic": 16,
           "few_people": 18, "run_down": 14, "no_help": 14, "other": 4},
    "G2": {"race": 8, "religion": 5, "sex": 9, "lgbt": 7, "disability": 5, "looks": 20},
    "L2": {"friend": 42, "parent": 40, "teacher": 19, "staff": 10, "helpline": 2, "no_one": 13},
    "L3": {"not_believed": 22, "worse": 36, "snitch": 38, "nothing_done": 34, "private": 28,
           "who": 8, "parents_told": 24, "used_to_it": 16},
    "P1": {"more_adults": 34, "better_toilets": 44, "cctv_lighting": 18, "quieter_areas": 24,
           "calmer_corridors": 30, "action_bullying": 32, "help_outside": 14, "lessons": 8,
           "someone_to_talk": 22, "other": 5},
}  # fmt: skip
"""Per cent who tick an option; a student who ticks none takes the option that excludes the others.
"""

WHEN: Mapping[str, Mapping[str, float]] = {
    "classrooms": {"in_lessons": 60, "between_lessons": 12},
    "corridors": {"between_lessons": 45, "break": 14, "lunch": 12, "end_of_day": 8},
    "toilets": {"break": 34, "lunch": 26, "between_lessons": 12, "in_lessons": 8},
    "changing_rooms": {"in_lessons": 22, "between_lessons": 18, "clubs": 10},
    "canteen": {"lunch": 60, "break": 18},
    "outdoors": {"lunch": 38, "break": 32},
    "gates": {"end_of_day": 46, "before_school": 20},
    "journey": {"after_school": 42, "before_school": 20, "evening": 8},
    "outside_gates": {"after_school": 58, "before_school": 14},
    "stops": {"after_school": 40, "evening": 22, "before_school": 14},
    "transport": {"after_school": 38, "evening": 14, "before_school": 18},
    "parks": {"evening": 40, "weekend": 22, "after_school": 18},
    "town": {"weekend": 32, "evening": 24, "after_school": 20},
    "near_home": {"evening": 46, "weekend": 12},
}
"""When a place feels least safe, as weights; 1 for a time that is not named."""
PEAK_OF_PLACE = 2.0
"""How much more often the time that is worst in a school is named for a place."""

WELLBEING: Mapping[str, tuple[float, float]] = {
    "O1": (6.9, 2.1),
    "O2": (6.9, 2.1),
    "O3": (7.0, 2.3),
}
"""Mean and standard deviation of the 0-10 scales."""

TEXTS: tuple[tuple[str, ...], ...] = (
    ("More staff by the back stairs at the end of break.",
     "nobody is ever on the back stairs, thats where it happens",
     "ask Mr Hartley to stand by the stairs he just stays in his room"),
    ("The lights by the bike shed do not work.",
     "its pitch black by the bike sheds at 4 in winter",
     "fix the lights. ring my mum on 07700 900461 if you dont believe me"),
    ("Open the toilets near the hall at lunch, the others are too full.",
     "the locks in the girls toilets are broken since september",
     "people vape in the toilets and film you over the door, its on @northside.clips"),
    ("Somewhere quiet to sit when it rains.",
     "more benches on the field so you dont have to stand in the corridor",
     "let us stay in the library, Mrs Adeyemi is kind there"),
    ("The corridor by the gym gets too packed after lunch.",
     "one way system in the corridor by the gym please!!",
     "year 11s push everyone, mostly kyle and his mates"),
    ("A crossing by the bus stop would help.",
     "the bus stop is scary when its dark, older people wait there",
     "cars dont stop by the gates and there is no crossing patrol any more"),
)  # fmt: skip
"""What some students write about a place: one thought in several voices. The people are invented
and the phone number is reserved for fiction."""

STAFF_NAMES = ("Mr Hartley", "Mrs Adeyemi", "Ms Okafor")
