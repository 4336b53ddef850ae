"""Sentences of the papers about staff, requests for help, security, access and others."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from survey.papers.claim import Claim

A, IN, R = "tests/attacks", "tests/integration", "tests/integration/responses"
BALLOT = f"{A}/ballot_box"

ABOUT_PEOPLE: Mapping[str, Claim] = {
    # Help
    "help_sealed": Claim(
        _l("Who asks for help gives their name by choice, on a page apart from the survey. Only the"
           " school's readers can open it; the operator cannot."),
        tests=(
            f"{A}/test_help_requests.py::test_neither_the_rows_nor_the_settings_say_a_word",
            f"{A}/test_help_requests.py"
            "::test_an_account_that_the_operator_made_opens_no_request",
        ),
    ),
    # Staff
    "staff": Claim(
        _l("Of staff, the name, e-mail address, role, and what they did are kept. No network"
           " address is."),
        tests=(
            f"{IN}/organisations/lifecycle/test_erase.py"
            "::test_what_is_told_about_an_account_is_what_its_table_has",
            f"{IN}/organisations/access_log/test_log.py"
            "::test_signing_in_and_its_changes_are_logged_with_the_member",
        ),
    ),
    "own_access": Claim(
        _l("Every member sees and downloads what is kept about them, under “Your account”."),
        tests=(
            f"{IN}/organisations/lifecycle/test_erase.py::test_a_member_sees_and_downloads_what_is_kept",
        ),
    ),
    "roles": Claim(
        _l("Who may do what is one table. Another school's pages are as if they did not exist."),
        tests=(
            f"{IN}/test_permissions_sweep.py"
            "::test_members_open_what_the_table_gives_them_and_nothing_else",
            f"{IN}/test_permissions_sweep.py"
            "::test_another_organisation_is_as_if_it_did_not_exist",
        ),
    ),
    "second_step": Claim(
        _l("Everybody but survey coordinators and partners signs in with a second step: a code from"
           " their phone, a passkey, or that of their provider."),
        tests=(
            f"{IN}/organisations/test_second_step.py"
            "::test_with_the_second_step_a_password_alone_opens_nothing",
        ),
        settings=("second_step",),
        when=lambda options: options.second_step == "required",
        otherwise=_l("Staff sign in with a password. A second step is optional here."),
    ),
    "session": Claim(
        _l("A session ends after %(session_minutes)s minutes without a page, and after"
           " %(session_hours)s hours at the latest."),
        tests=(
            f"{A}/signing_in/test_sessions_and_codes.py::test_the_server_itself_ends_a_session_that_nobody_uses",
            f"{A}/signing_in/test_sessions_and_codes.py::test_no_session_lasts_longer_than_half_a_day",
        ),
        settings=("session_minutes",),
    ),
    "record": Claim(
        _l("Signing in, reading and changing are recorded in a chain that shows if an entry was"
           " changed or removed."),
        tests=(
            f"{IN}/organisations/access_log/test_log.py::test_a_changed_log_is_found_from_the_page",
            f"{IN}/organisations/access_log/test_log.py::test_every_page_of_reading_is_logged",
        ),
    ),
    # Security
    "asvs": Claim(
        _l("Of the requirements of OWASP ASVS %(asvs_version)s, levels 1 and 2, %(asvs_met)s are"
           " met, %(asvs_not_applicable)s do not apply and %(asvs_not_met)s are not met. Each is"
           " listed with its test in docs/security/asvs.md."),
        tests=("tests/unit/test_asvs.py::test_every_requirement_has_a_row",
               "tests/unit/papers/test_papers.py::test_results_are_those_of_their_sources"),
    ),
    "attacks": Claim(
        _l("Every promise is tried by an attack that runs with each version; docs/threats.md says"
           " what was tried and what remains."),
        tests=("tests/unit/test_docs.py::test_a_page_links_only_to_what_is_there",),
    ),
    "report_weakness": Claim(
        _l("Weaknesses are reported to the address in /.well-known/security.txt."),
        tests=(
            f"{IN}/organisations/test_headers.py::test_security_txt_says_where_to_report",
        ),
        settings=("operator_contact",),
    ),
    "postgres_log": Claim(
        _l("The app does not start while the database server would log what is sent."),
        tests=(f"{IN}/test_startup_safety.py::test_a_log_that_would_hold_what_is_sent_stops_the_start",),
    ),
    # Accessibility
    "axe": Claim(
        _l("Every kind of page was checked with axe-core %(axe_version)s on %(checked_on)s, by"
           " the rules of WCAG 2.2 at levels A and AA, without a finding."),
        tests=(
            "tests/browser/student/test_accessibility.py::test_nothing_is_in_anybodys_way",
            "tests/browser/test_staff_accessibility.py::test_nothing_is_in_the_way_of_staff",
            "tests/unit/papers/test_papers.py::test_results_are_those_of_their_sources",
        ),
    ),
    "pdf_ua": Claim(
        _l("Printed sheets and PDF files are tagged (PDF/UA-1)."),
        tests=("tests/unit/papers/test_papers.py::test_every_paper_is_an_accessible_pdf",),
    ),
    "easy_read": Claim(
        _l("There is an easy-read version of the survey with pictures, ten short questions on ten"
           " pages."),
        tests=(f"{R}/test_easy_read.py::test_ten_pages_with_pictures_each_small",),
    ),
    "reading_age": Claim(
        _l("Every question can be read at the age of eleven."),
        tests=("tests/unit/questionnaires/test_reading.py::test_every_item_can_be_read_at_eleven",),
    ),
    "no_script": Claim(
        _l("The pages of students work without script and in ten languages."),
        tests=(f"{R}/test_student_pages.py::test_every_language_speaks_on_every_page",
               f"{R}/test_student_pages.py::test_a_whole_journey_stores_one_response"),
    ),
    "not_checked": Claim(
        _l("No person with a disability and no outside auditor has checked the pages yet. Welsh and"
           " the other languages have not been read by a fluent reader where their pages say so."),
        tests=("tests/unit/questionnaires/translations/test_review.py",),
    ),
    "feedback": Claim(
        _l("If a page is in your way, write to %(contact)s. You may ask for the same in another"
           " form."),
        settings=("operator_contact",),
    ),
    # Easy to read
    "easy_choice": Claim(
        _l("You choose. You can say no."),
        tests=(
            f"{R}/test_student_pages.py"
            "::test_who_does_not_take_part_gets_help_and_leaves_no_trace",
        ),
    ),
    "easy_consent": Claim(
        _l("Your school tells your parents or carers first."),
        tests=(f"{IN}/campaigns/test_consent.py::test_the_letter_and_its_slip_follow_the_policy",),
    ),
    "easy_name": Claim(
        _l("We do not ask your name. We do not know who you are."),
        tests=("tests/unit/responses/test_data_inventory.py::test_no_column_more",),
    ),
    "easy_sealed": Claim(
        _l("Your answers go into a locked box. After the survey all answers are mixed."),
        tests=(f"{BALLOT}/test_open.py::test_the_file_and_its_log_hold_no_answer",
               f"{BALLOT}/test_closed.py::test_texts_lie_in_an_order_of_their_own"),
    ),
    "easy_groups": Claim(
        _l("The school sees what many students ticked. It does not see what one student ticked. If"
           " you write something, an adult at the school may read it. They do not see who wrote"
           " it."),
        tests=(
            f"{IN}/releases/test_operations.py::test_of_fewer_than_twenty_there_is_no_release",
            f"{IN}/free_text/test_operations.py::test_the_order_of_writing_is_lost",
        ),
    ),
    "easy_erased": Claim(
        _l("Later your answers are deleted. That is %(erase_days)s days after the survey."),
        tests=(f"{IN}/test_housekeeping.py::test_raw_answers_go_when_their_time_is_up",),
        settings=("erase_after_days",),
    ),
    "easy_help": Claim(
        _l("You can ask an adult for help. Then you write your name. Only the adults who help can"
           " read it."),
        tests=(
            f"{A}/test_help_requests.py"
            "::test_an_account_that_the_operator_made_opens_no_request",
        ),
    ),
    # Others
    "mail": Claim(
        _l("No e-mail is sent."),
        tests=(f"{IN}/organisations/test_mail.py::test_without_mail_nothing_is_offered",),
        settings=("mail_server", "mail_folder"),
        when=lambda options: not options.mail_server and not options.mail_folder,
        otherwise=_l("E-mail goes to staff alone. It says that something waits, never what, and it"
                     " goes through the mail server of the operator, who names its provider."),
    ),
    "providers": Claim(
        _l("Staff sign in here alone: no other service learns that they do."),
        tests=(
            f"{A}/signing_in/test_providers.py"
            "::test_without_settings_there_is_no_button_and_no_page",
        ),
        settings=("microsoft_client_id", "google_client_id"),
        when=lambda options: not options.microsoft_client_id and not options.google_client_id,
        otherwise=_l("Staff may sign in with their work account at Microsoft or Google. The"
                     " provider learns who signs in, and when. It learns nothing of any survey."),
    ),
    "no_processors": Claim(
        _l("There are no sub-processors in the software: pages load nothing from other addresses,"
           " and answers are sent to no one else. The operator names who provides its machine and"
           " its internet line."),
        tests=(
            f"{IN}/test_errors.py::test_staff_pages_let_no_script_run_and_nobody_frame_them",
            "tests/unit/papers/test_papers.py::test_pages_load_nothing_from_elsewhere",
        ),
    ),
}  # fmt: skip
