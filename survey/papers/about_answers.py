"""Sentences of the papers about answers, reports, and how long anything is kept."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from survey.papers.claim import Claim
from survey.settings import Settings


def _keys_apart(options: Settings) -> bool:
    """Is the key folder outside the folder of the database? With PostgreSQL it is on another
    path in any case."""
    if options.sqlite_file is None:
        return True
    return not options.keys_at.resolve().is_relative_to(options.sqlite_file.resolve().parent)


A, IN, R = "tests/attacks", "tests/integration", "tests/integration/responses"
BALLOT = f"{A}/ballot_box"

ABOUT_ANSWERS: Mapping[str, Claim] = {
    # Who
    "operator": Claim(
        _l("%(operator)s runs this service at %(address)s. You reach them at %(contact)s."),
        settings=("operator_name", "operator_contact", "public_address"),
    ),
    "product": Claim(
        _l("The software is %(product)s, version %(version)s. Its code is open."),
        tests=("tests/integration/serving/test_wheel.py",),
    ),
    "real": Claim(
        _l("The service is in real use."),
        settings=("demo",),
        when=lambda options: not options.demo,
        otherwise=_l("This is a demonstration with invented data. Do not use it for real people."),
    ),
    # What is kept of students
    "columns": Claim(
        _l("Of a student the answers they pick and the words they write are kept, and nothing that"
           " says who or when: no name, no time, no network address, no device."),
        tests=("tests/unit/responses/test_data_inventory.py::test_no_column_more",
               f"{R}/test_student_pages.py::test_nothing_stored_says_when_who_or_with_what"),
    ),
    "cookie": Claim(
        _l("The pages of students set no cookie and are not kept by the browser."),
        tests=(f"{R}/test_student_pages.py::test_no_page_sets_a_cookie_or_may_be_kept",),
    ),
    "logs": Claim(
        _l("No log of the server holds a code, the address of a page of a student, or an answer."),
        tests=(f"{R}/test_student_pages.py::test_logs_hold_no_code_no_path_and_no_answer",
               f"{IN}/test_startup_safety.py::test_a_log_that_would_hold_what_is_sent_stops_the_start"),
    ),
    "no_event": Claim(
        _l("The record of who did what has no entry of a student."),
        tests=(f"{IN}/organisations/access_log/test_log.py::test_a_student_leaves_no_event",),
    ),
    "sealed": Claim(
        _l("While a survey is open, answers are sealed. A copy of the database, its log or a backup"
           " shows none of them."),
        tests=(f"{BALLOT}/test_open.py::test_the_file_and_its_log_hold_no_answer",
               f"{BALLOT}/test_open.py::test_neither_pages_nor_the_write_ahead_log_hold_an_answer",
               f"{A}/copies/test_backups.py::test_two_backups_with_one_send_between_tell_no_answer"),
    ),
    "keys": Claim(
        _l("The keys that open them are in a folder apart from the database."),
        tests=(f"{IN}/test_startup_safety.py::test_a_key_folder_that_others_can_open_stops_the_start",),
        settings=("key_folder", "database_url"),
        when=_keys_apart,
        otherwise=_l("The keys that open them are in a folder next to the database. A person who"
                     " copies both can read the answers of an open survey."),
    ),
    "operator_open": Claim(
        _l("While a survey is open, the operator of the server could read answers, and the code of"
           " the card that each came with, from the key folder and the database together, unless"
           " the school chose the stronger mode."),
        tests=(
            f"{IN}/releases/test_ballot_views.py"
            "::test_in_the_stronger_mode_the_server_alone_cannot_open",
        ),
    ),
    "unlinked": Claim(
        _l("After the close, answers are mixed, access codes are deleted, and the key is destroyed."
           " Nothing ties an answer to a card."),
        tests=(f"{BALLOT}/test_closed.py::test_after_the_close_the_file_holds_answers_once_and_no"
               "_sealed_box",
               f"{BALLOT}/test_closed.py::test_the_order_of_pages_is_that_of_the_random_keys",
               f"{BALLOT}/test_closed.py::test_a_backup_of_the_open_survey_does_not_open_after_the"
               "_close"),
    ),
    "device": Claim(
        _l("A student who uses the same device next finds no answer of the one before."),
        tests=(f"{A}/test_next_pupil.py::test_the_next_pupil_finds_nothing",),
    ),
    "voluntary": Claim(
        _l("Taking part is voluntary. Of a student who does not take part, no answer and no name is"
           " kept."),
        tests=(
            f"{R}/test_student_pages.py"
            "::test_who_does_not_take_part_gets_help_and_leaves_no_trace",
        ),
    ),
    "consent": Claim(
        _l("Whether parents and carers can say no, or have to say yes, is decided by the authority"
           " or the school. The letter of each survey says which, and a survey keeps what held when"
           " it was launched."),
        tests=(f"{IN}/campaigns/test_consent.py::test_what_held_at_launch_stays",
               f"{IN}/campaigns/test_consent.py::test_cards_follow_the_slips"),
    ),
    "gender": Claim(
        _l("What is asked about sex and gender is decided by the authority or the school."),
        tests=(f"{IN}/campaigns/test_gender_question.py"
               "::test_a_survey_asks_the_variant_of_its_authority",),
    ),
    "no_withdrawal": Claim(
        _l("After Send, no page and no command of the service finds a student's answers again: not"
           " to show them, not to correct them and not to delete them. After the close no one"
           " could."),
        tests=(f"{BALLOT}/test_closed.py::test_the_order_of_pages_is_that_of_the_random_keys",
               f"{BALLOT}/test_closed.py::test_texts_lie_in_an_order_of_their_own"),
    ),
    "transport": Claim(
        _l("Everything travels over TLS."),
        tests=(
            f"{IN}/organisations/test_headers.py::test_over_tls_browsers_are_told_to_stay_with_it",
        ),
        settings=("public_address",),
        when=lambda options: options.is_https,
        otherwise=_l("This service answers on its own machine only, without TLS."),
    ),
    # Time
    "erased": Claim(
        _l("Raw answers and words are erased %(erase_days)s days after the last day on which"
           " anybody could answer, whether or not a report was made."),
        tests=(f"{IN}/test_housekeeping.py::test_raw_answers_go_when_their_time_is_up",
               f"{IN}/free_text/test_operations.py::test_housekeeping_erases_texts"),
        settings=("erase_after_days",),
    ),
    "ends": Claim(
        _l("A survey is open for at most %(open_days)s days and closes by itself after its last"
           " day."),
        tests=(
            f"{IN}/test_housekeeping.py::test_a_survey_closes_by_itself_after_its_last_day",
            "tests/property/test_every_state_ends.py"
            "::test_every_state_has_an_end_that_the_clock_reaches",
        ),
    ),
    "backups": Claim(
        _l("A backup is kept for at most %(backup_days)s days, and for less if answers in it are"
           " due before. Answers are in no backup later than %(gone_days)s days after that last"
           " day."),
        tests=(f"{A}/copies/test_backups.py::test_a_backup_goes_when_the_answers_in_it_do",),
        settings=("backup_days", "erase_after_days"),
        when=lambda options: options.backup_days <= options.erase_after_days,
    ),
    "restore": Claim(
        _l("If the database is restored from a backup, what was erased or withdrawn since is erased"
           " and withdrawn again, and cards that may have been used are void."),
        tests=(f"{IN}/backups/test_restore.py::test_erased_answers_do_not_come_back",
               f"{IN}/backups/test_restore.py::test_a_code_that_was_used_after_the_backup_cannot_be"
               "_used_again"),
    ),
    "reports_stay": Claim(
        _l("Reports stay. They hold rounded figures of groups, and no single answers."),
        tests=(
            f"{IN}/releases/test_operations.py"
            "::test_raw_answers_are_erased_when_their_time_is_up_and_the_release_stays_as_it_is",
        ),
    ),
    "help_time": Claim(
        _l("A request for help is erased %(help_days)s days after it was dealt with, or after it"
           " came if it never was."),
        tests=(
            f"{A}/test_help_requests.py"
            "::test_after_housekeeping_the_files_hold_no_earlier_version",
        ),
    ),
    "accounts_time": Claim(
        _l("An account of staff is kept until it is erased. What the person did stays on record"
           " without their name."),
        tests=(
            f"{IN}/organisations/lifecycle/test_erase.py::test_an_account_is_erased_to_its_last_byte",
        ),
    ),
    "school_goes": Claim(
        _l("A school or an authority that leaves takes everything with it in one file, and is then"
           " erased with its surveys, reports and accounts."),
        tests=(
            f"{IN}/organisations/lifecycle/test_erase.py"
            "::test_a_school_hands_out_everything_but_answers_and_secrets",
            f"{IN}/organisations/lifecycle/test_erase.py::test_a_school_is_erased_to_its_last_byte",
        ),
    ),
    # What is published
    "small": Claim(
        _l("If fewer than %(no_report_under)s students answer, there is no report; if fewer than"
           " %(whole_under)s, none by year group."),
        tests=(
            f"{IN}/releases/test_operations.py::test_of_fewer_than_twenty_there_is_no_release",
            f"{IN}/releases/test_operations.py::test_of_fewer_than_fifty_the_whole_school_only",
        ),
    ),
    "audited": Claim(
        _l("Every report is attacked as a whole before it is published, by a program that shares no"
           " code with the one that made it, and carries a certificate that anybody can check."),
        tests=(
            f"{A}/test_report_read_as_a_whole.py"
            "::test_a_small_school_of_real_records_read_as_a_whole",
            f"{A}/test_lying_server.py::test_tamperings_are_rejected",
        ),
    ),
    "once": Claim(
        _l("Answers are counted once. No second version of a report is ever published."),
        tests=(f"{IN}/releases/test_operations.py::test_a_second_release_is_refused_in_words",),
    ),
    "two_people": Claim(
        _l("It takes two people to make a report, and there are no more cards than students on roll"
           " and a reserve of %(reserve_percent)s in a hundred, at least %(reserve_least)s."),
        tests=(
            f"{A}/test_insider.py::test_a_lead_alone_gets_no_report",
            f"{A}/test_insider.py::test_more_cards_than_the_roll_and_its_reserve_are_refused",
        ),
    ),
    "no_decision": Claim(
        _l("No machine decides anything about a single person, and no profile is made."),
        tests=("tests/unit/responses/test_data_inventory.py::test_no_column_more",),
    ),
    "words_read": Claim(
        _l("Words that students write are read by the school's lead only if at least"
           " %(no_report_under)s wrote to that question and a second person agreed. Nothing that is"
           " kept says who wrote them."),
        tests=(
            f"{IN}/free_text/test_operations.py"
            "::test_a_room_opens_for_20_texts_and_says_no_more_of_their_number",
            f"{IN}/free_text/test_operations.py::test_the_order_of_writing_is_lost",
        ),
    ),
    "authority_sees": Claim(
        _l("Of what students say, an authority sees published figures alone, under letters instead"
           " of names unless a school agrees to be named."),
        tests=(f"{A}/test_letters.py::test_shares_weighed_by_bands_tell_no_letter",),
    ),
}  # fmt: skip
