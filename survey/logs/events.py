"""Every event that the service logs, and what libraries say that an operator needs."""

from __future__ import annotations

import re
from collections.abc import Mapping

EVENTS: Mapping[str, str] = {
    "chart_not_drawn": "a chart could not be drawn; its table was shown",
    "comparison_unreadable": "a stored comparison could not be read; the ledger has its reference",
    "command_failed": "a command ended with an error of the program",
    "drawings_not_kept": "drawings were not stored; the next page draws them again",
    "erased_not_cleared": "something was erased, and its bytes wait for the next housekeeping",
    "error_page_broken": "the error page itself failed; a plain one was shown",
    "fast_path_failed": "the quick way to turn a page failed; the app turned it",
    "drawings_not_asked_for": "the charts that a page waits for could not be put on the queue",
    "job_begun": "a worker began a piece of long work",
    "job_done": "a piece of long work was done",
    "job_failed": "a piece of long work ended with an error of the program",
    "job_no_database": "the database went away during a piece of long work; it is tried again",
    "job_not_heard": "a worker could not note that it goes on",
    "job_pool_ended": "the processes of a piece of long work ended; it is tried again",
    "job_refused": "a worker of another version left a piece of long work for one of its version",
    "keys_not_forgotten": "a key of a past hour could not be destroyed; it is tried again",
    "ledger_disagrees": "the list of published reports and the database disagree",
    "ledger_failed": "the list of published reports cannot be read or written",
    "library": "a library logged something; its message is left out",
    "mail_failed": "the outbox could not be sent; it is tried again",
    "page_not_answered": "a request failed outside the app",
    "published": "a report or a comparison was published",
    "published_comparisons_tell_letters": "two published comparisons tell letters together",
    "release_not_certified": "the audit of a report came to no certain result",
    "request_for_help_failed": "a page of requests for help failed",
    "restored": "a withdrawn report was published again",
    "server_gave_up": "workers died one after the other, and the server ended",
    "provider_unreachable": "Microsoft or Google did not answer, so somebody could not sign in",
    "second_step_key_missing": "a second step needs a key that the settings do not name",
    "session_not_noted": "the last use of a staff session was not stored",
    "staff_page_failed": "a page of staff failed",
    "student_page_failed": "a page of a survey failed",
    "survey_not_reportable": "no report can be published of a survey, launched or not",
    "students_results_failed": "a page that tells students what was done failed",
    "telling_log": "PostgreSQL's log could repeat a row in a rare case",
    "thread_failed": "work in a thread ended with an error of the program",
    "withdrawn": "a report was withdrawn",
    "worker_no_database": "a worker cannot reach the database; it tries again",
    "worker_died": "a worker of the server ended by itself, and is started again",
}
"""By name: when it is written."""

OF_LIBRARIES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"Unexpected exit from worker-\d+"), "worker_died"),
    (re.compile(r"Worker crash loop detected"), "server_gave_up"),
    (re.compile(r"Application callable raised an exception"), "page_not_answered"),
)
"""How messages of libraries begin that stand for an event. Nothing of the message is written."""
