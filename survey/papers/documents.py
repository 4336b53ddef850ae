"""The papers: which sentences each has, in which order, and what a person has to fill in.

A sentence is named by its key in `claims`. What only the controller can say is a gap, and is
printed as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString


@dataclass(frozen=True)
class Gap:
    """What the reader has to fill in."""

    words: LazyString


@dataclass(frozen=True)
class PaperSection:
    heading: LazyString
    parts: tuple[str | Gap, ...]


@dataclass(frozen=True)
class Paper:
    """`plain`: set in large letters with one sentence a line, for the easy-read notice."""

    title: LazyString
    lead: LazyString
    sections: tuple[PaperSection, ...]
    plain: bool = False


WHO = PaperSection(_l("Who"), ("operator", "product", "real"))
KEPT = PaperSection(
    _l("What is kept of students"), ("columns", "cookie", "logs", "no_event", "device")
)
SEALED = PaperSection(
    _l("How it is protected"),
    ("sealed", "keys", "operator_open", "unlinked", "transport", "restore"),
)
PUBLISHED = PaperSection(
    _l("What is published"), ("small", "audited", "once", "two_people", "authority_sees")
)
TIME = PaperSection(
    _l("For how long"),
    ("ends", "erased", "backups", "reports_stay", "help_time", "accounts_time", "school_goes"),
)
RIGHTS = PaperSection(
    _l("Rights"), ("voluntary", "consent", "no_withdrawal", "own_access", "no_decision")
)
BASIS = PaperSection(
    _l("Why and on what ground"),
    (
        Gap(_l("The controller and its data protection officer")),
        Gap(_l("The purpose, in the controller's words")),
        Gap(_l("The lawful basis (for a duty to safeguard, often public task), and for answers"
               " about health or orientation the condition for special category data")),
        "consent",
        "gender",
        Gap(_l("How students and parents were heard")),
    ),
)  # fmt: skip

PAPERS: Mapping[str, Paper] = {
    "dpia-authority": Paper(
        _l("Data protection impact assessment for an authority"),
        _l("What the service does with data, its risks and what holds them, for the officer of an"
           " authority to complete."),
        (
            WHO,
            BASIS,
            KEPT,
            SEALED,
            PUBLISHED,
            PaperSection(_l("Staff"), ("staff", "roles", "second_step", "session", "record")),
            TIME,
            PaperSection(_l("What remains"), ("operator_open", "no_withdrawal", "attacks")),
            PaperSection(
                _l("Decision"),
                (Gap(_l("Risks that remain, and who accepts them")), Gap(_l("Name, date"))),
            ),
        ),
    ),
    "dpia-school": Paper(
        _l("Data protection impact assessment for a school"),
        _l("The same for one school: what its students and staff give, and what the school has to"
           " see to."),
        (
            WHO,
            BASIS,
            KEPT,
            PaperSection(_l("Requests for help"), ("help_sealed", "help_time")),
            PaperSection(_l("What students write"), ("words_read",)),
            SEALED,
            PUBLISHED,
            TIME,
            RIGHTS,
            PaperSection(
                _l("What the school sees to"),
                (
                    Gap(_l("Devices: who can see screens, and what filters record")),
                    Gap(_l("Where printed cards and the paper copy of a key are kept, and who"
                           " destroys them")),
                    Gap(_l("Who reads requests for help in holidays")),
                    Gap(_l("Name, date")),
                ),
            ),
        ),
    ),
    "notice-adult": Paper(
        _l("Privacy notice for parents and staff"),
        _l("What happens with what your child, or you, say in the survey."),
        (WHO, KEPT, SEALED, PUBLISHED, TIME, RIGHTS,
         PaperSection(_l("Staff accounts"), ("staff", "own_access", "accounts_time")),
         PaperSection(_l("Questions and complaints"), (
             "feedback",
             Gap(_l("The data protection officer of the school or authority")),
         ))),
    ),
    "notice-child": Paper(
        _l("Privacy notice for students"),
        _l("What happens with your answers."),
        (
            PaperSection(_l("Your answers"), (
                "voluntary", "consent", "gender", "columns", "cookie", "sealed", "unlinked")),
            PaperSection(
                _l("Who sees what"), ("operator_open", "words_read", "small", "authority_sees")
            ),
            PaperSection(_l("Asking for help"), ("help_sealed", "help_time")),
            PaperSection(_l("For how long"), ("erased", "reports_stay")),
            PaperSection(_l("Afterwards"), ("no_withdrawal", "device")),
            PaperSection(_l("Questions"), ("operator",)),
        ),
    ),
    "notice-easy": Paper(
        _l("Privacy notice, easy to read"),
        _l("Short sentences about your answers."),
        (
            PaperSection(
                _l("Your answers"),
                ("easy_choice", "easy_consent", "easy_name", "easy_sealed", "easy_groups",
                 "easy_erased"),
            ),
            PaperSection(_l("Help"), ("easy_help",)),
        ),
        plain=True,
    ),
    "records": Paper(
        _l("Records of processing"),
        _l("What is processed, of whom, for whom and for how long (Article 30 of the UK GDPR)."),
        (
            WHO,
            PaperSection(_l("Controller and purpose"), BASIS.parts),
            PaperSection(_l("Of students"), ("columns", "words_read", "help_sealed")),
            PaperSection(_l("Of staff"), ("staff", "record")),
            PaperSection(
                _l("Who receives it"),
                ("authority_sees", "audited", "no_processors", "mail", "providers"),
            ),
            TIME,
            PaperSection(_l("Security"), ("sealed", "transport", "second_step", "roles")),
        ),
    ),
    "retention": Paper(
        _l("Retention schedule"),
        _l("What goes when, and what makes it go."),
        (TIME, PaperSection(_l("After a restore"), ("restore",)),
         PaperSection(_l("Sessions of staff"), ("session",))),
    ),
    "processor": Paper(
        _l("Annex to a processor agreement"),
        _l("What the operator does for schools and authorities, to be attached to a contract."),
        (
            WHO,
            PaperSection(_l("Subject, kind and purpose"), ("columns", "staff", "help_sealed")),
            PaperSection(_l("Instructions"), ("two_people", "roles", "no_decision")),
            PaperSection(
                _l("Security"), (*SEALED.parts, "second_step", "session", "record", "asvs")
            ),
            PaperSection(_l("Sub-processors"), ("no_processors", "mail", "providers")),
            PaperSection(_l("Help with rights"), ("own_access", "no_withdrawal")),
            PaperSection(_l("At the end"), ("school_goes", "accounts_time", "backups")),
            PaperSection(_l("Signed"), (Gap(_l("Parties, place, date")),)),
        ),
    ),
    "security": Paper(
        _l("Security statement"),
        _l("What was checked, how, and what is still open."),
        (
            WHO,
            PaperSection(_l("Standards"), ("asvs", "attacks", "report_weakness")),
            PaperSection(_l("Answers"), SEALED.parts),
            PaperSection(_l("Accounts"), ("roles", "second_step", "session", "record")),
            PaperSection(_l("Logs"), ("logs", "no_event", "postgres_log")),
            PaperSection(_l("Backups"), ("backups", "restore")),
        ),
    ),
    "accessibility": Paper(
        _l("Accessibility statement"),
        _l("How the pages and files can be used, and what was checked."),
        (
            PaperSection(_l("What was checked"), ("axe", "pdf_ua")),
            PaperSection(_l("What helps"), ("no_script", "reading_age", "easy_read")),
            PaperSection(_l("What is not known"), ("not_checked",)),
            PaperSection(_l("If something is in your way"), ("feedback",)),
        ),
    ),
    "sub-processors": Paper(
        _l("Sub-processors"),
        _l("Who else handles the data."),
        (
            PaperSection(_l("In the software"), ("no_processors", "mail", "providers")),
            PaperSection(
                _l("Of the operator"),
                (Gap(_l("Who provides the machine and the internet line, and where it is")),),
            ),
        ),
    ),
}  # fmt: skip
