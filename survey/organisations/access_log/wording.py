"""The log of who did what, in words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.audit_log import EventName

E = EventName

SAID: Mapping[EventName, LazyString] = {
    E.SIGNED_IN: _l("Signed in"),
    E.SIGNED_OUT: _l("Signed out"),
    E.SIGN_IN_FAILED: _l("Wrong password or code for this account"),
    E.SESSIONS_ENDED: _l("Signed out in other browsers"),
    E.PASSWORD_CHANGED: _l("Changed their password"),
    E.SECOND_STEP_ON: _l("Turned the second step on"),
    E.SECOND_STEP_OFF: _l("Turned the second step off"),
    E.SECOND_STEP_REQUIRED: _l("Changed which roles need a second step"),
    E.SECOND_STEP_RESET: _l("Turned somebody's second step off"),
    E.PASSKEY_ADDED: _l("Added a passkey"),
    E.PASSKEY_REMOVED: _l("Removed a passkey"),
    E.PROVIDER_LINKED: _l("Linked an account at Microsoft or Google"),
    E.PROVIDER_UNLINKED: _l("Unlinked an account at Microsoft or Google"),
    E.PROVIDER_REFUSED: _l("Sign-in with Microsoft or Google was refused"),
    E.RECOVERY_CODES_MADE: _l("Made recovery codes"),
    E.ACCESS_REFUSED: _l("Was refused a page"),
    E.REPORT_READ: _l("Read a report"),
    E.REPORT_DOWNLOADED: _l("Downloaded a file of a report"),
    E.COMPARISON_READ: _l("Read a comparison"),
    E.COMPARISON_DOWNLOADED: _l("Downloaded a file of a comparison"),
    E.HELP_REQUESTS_OPENED: _l("Looked at requests for help"),
    E.TEXTS_SEEN: _l("Looked at what students wrote"),
    E.LOG_DOWNLOADED: _l("Downloaded this log"),
    E.AUTHORITY_ADDED: _l("Added the authority"),
    E.SCHOOL_ADDED: _l("Added the school"),
    E.SCHOOL_CHANGED: _l("Changed the school's settings"),
    E.POLICY_CHANGED: _l("Changed the policies on consent and on the question about gender"),
    E.SCHOOL_CLOSED: _l("Noted that the school has closed"),
    E.SCHOOL_REOPENED: _l("Noted that the school is open again"),
    E.SCHOOL_MOVED: _l("Moved the school to another authority"),
    E.SCHOOL_MERGED: _l("Merged the school into another"),
    E.AUTHORITY_CHANGED: _l("Corrected the authority"),
    E.AUTHORITY_CLOSED: _l("Noted that the authority has closed"),
    E.AUTHORITY_REOPENED: _l("Noted that the authority is open again"),
    E.AUTHORITY_MERGED: _l("Merged the authority into another"),
    E.CONTACTS_CHANGED: _l("Changed the help contacts"),
    E.PEOPLE_CORRECTED: _l("Changed the people to turn to in an open survey"),
    E.CONTACTS_CHECKED: _l("Checked a help contact"),
    E.SIGN_OFF_GIVEN: _l("Signed off a survey before its launch"),
    E.SIGN_OFF_REVOKED: _l("Took a sign-off back"),
    E.SIGN_OFFS_ASKED_FOR: _l("Changed whether the authority signs surveys off"),
    E.LETTERHEAD_CHANGED: _l("Changed the head of printed reports"),
    E.MEMBER_ADDED: _l("Gave somebody a seat"),
    E.MEMBER_CONFIRMED: _l("Confirmed who somebody is"),
    E.MEMBER_REMOVED: _l("Took a seat away"),
    E.MEMBER_CLOSED: _l("Closed an account"),
    E.MEMBER_RENEWED: _l("Renewed an account"),
    E.PROGRAMME_STARTED: _l("Started a programme"),
    E.CORE_CHANGED: _l("Changed the shared questions"),
    E.WAVE_PLANNED: _l("Planned a survey"),
    E.SCHOOL_INVITED: _l("Invited the school to a programme"),
    E.INVITATION_ACCEPTED: _l("Accepted an invitation"),
    E.INVITATION_DECLINED: _l("Declined an invitation"),
    E.INVITATION_LAPSED: _l("An invitation was not answered in time"),
    E.READER_ASKED: _l("Asked the school to let an organisation compare it"),
    E.READER_ACCEPTED: _l("Let an organisation compare the school"),
    E.READER_DECLINED: _l("Did not let an organisation compare the school, or ended it"),
    E.CAMPAIGN_STARTED: _l("Started a questionnaire"),
    E.DRAFT_CHANGED: _l("Changed a questionnaire"),
    E.PLAN_CHANGED: _l("Changed the school plan"),
    E.PLAN_REMOVED: _l("Removed the school plan"),
    E.WAVE_STARTED: _l("Prepared a survey"),
    E.WAVE_LAUNCHED: _l("Launched a survey"),
    E.SLIPS_COUNTED: _l("Counted slips with a yes from parents"),
    E.CODES_MADE: _l("Made access codes"),
    E.CODES_PRINTED: _l("Printed or downloaded access codes"),
    E.APPROVAL_ASKED: _l("Asked for a second person's agreement"),
    E.APPROVAL_GIVEN: _l("Agreed as the second person"),
    E.APPROVAL_DECLINED: _l("Declined as the second person"),
    E.PRINT_DETAILS_CHANGED: _l("Changed what is printed on cards"),
    E.ITEMS_SHOWN: _l("Showed the questions to parents"),
    E.ITEMS_HIDDEN: _l("Hid the questions from parents"),
    E.KEY_MADE_AGAIN: _l("Made the key of a survey again"),
    E.KEY_PRINTED: _l("Printed the key of a survey"),
    E.WAVE_CLOSED: _l("Closed a survey"),
    E.BOXES_OPENED: _l("Opened the sealed answers of a closed survey"),
    E.BOXES_LOST: _l("Could not open the sealed answers of a survey"),
    E.KEY_DESTROYED: _l("Destroyed the key of a survey"),
    E.WAVE_RELEASED: _l("Published a report"),
    E.RELEASE_WITHDRAWN: _l("Withdrew a report"),
    E.COMPARISON_RELEASED: _l("Published a comparison"),
    E.RESPONSES_ERASED: _l("Erased raw answers"),
    E.ASSESSMENT_STARTED: _l("Started the self-assessment"),
    E.ASSESSMENT_CHANGED: _l("Changed the self-assessment"),
    E.ASSESSMENT_FINISHED: _l("Finished the self-assessment"),
    E.TEXTS_OPENED: _l("Opened what students wrote"),
    E.TEXTS_READ: _l("Read what students wrote"),
    E.TEXT_PASSED_ON: _l("Passed on what a student wrote"),
    E.TEXTS_RELEASED: _l("Published what students wrote"),
    E.TEXTS_WITHDRAWN: _l("Withdrew what students wrote"),
    E.TEXTS_ERASED: _l("Erased what students wrote"),
    E.STAFF_NAMES_CHANGED: _l("Changed the list of staff names"),
    E.HELP_DESK_CHANGED: _l("Changed the page for requests for help"),
    E.DESK_KEY_MADE: _l("Made a new key for requests for help"),
    E.DESK_KEY_CANCELLED: _l("Stopped a new key for requests for help"),
    E.DESK_KEY_OPENED: _l("Opened requests for help with the reading password"),
    E.DESK_KEY_REFUSED: _l("Wrong reading password or code"),
    E.DESK_SHEET_MADE: _l("Made a recovery sheet for requests for help"),
    E.DESK_READER_INVITED: _l("Gave somebody a code to read requests for help"),
    E.DESK_READER_ADDED: _l("Became a reader of requests for help"),
    E.DESK_READER_REMOVED: _l("Removed a reader of requests for help"),
    E.NEWS_SEEN: _l("Confirmed to have seen what changed"),
    E.HELP_REQUEST_READ: _l("Read a request for help"),
    E.HELP_REQUEST_CLOSED: _l("Closed a request for help"),
    E.HELP_REQUESTS_ERASED: _l("Erased old requests for help"),
    E.ACTION_PLANNED: _l("Planned an action"),
    E.ACTION_CHANGED: _l("Changed an action"),
    E.ACTION_MOVED: _l("Moved an action on"),
    E.STUDENTS_PAGE_SHOWN: _l("Showed “You said, we did” to students"),
    E.STUDENTS_PAGE_HIDDEN: _l("Hid “You said, we did” from students"),
    E.SHARED_PLACE_BEGUN: _l("Added a shared place"),
    E.SHARED_PLACE_CHANGED: _l("Changed a shared place"),
    E.SHARED_FIGURE_MADE: _l("Put schools' figures of a shared place together"),
    E.PARTNER_ACTION_PLANNED: _l("Planned a partner's action"),
    E.PARTNER_ACTION_CHANGED: _l("Changed a partner's action"),
    E.PARTNER_ACTION_MOVED: _l("Moved a partner's action on"),
    E.JOB_CANCELLED: _l("Cancelled a job"),
    E.JOB_RETRIED: _l("Started a job again"),
    E.SCHOOL_DISCARDED: _l("Discarded a school added by mistake"),
    E.PROGRAMME_DISCARDED: _l("Discarded a programme"),
    E.SCHOOL_UNINVITED: _l("Took an invitation back"),
    E.SCHOOL_SET_ASIDE: _l("Set a school aside in a programme"),
    E.SCHOOL_TAKEN_BACK: _l("Took a school back into a programme"),
    E.CAMPAIGN_DISCARDED: _l("Discarded a questionnaire"),
    E.CAMPAIGN_ARCHIVED: _l("Put a survey into the archive"),
    E.CAMPAIGN_UNARCHIVED: _l("Took a survey out of the archive"),
    E.PROGRAMME_ARCHIVED: _l("Put a programme into the archive"),
    E.PROGRAMME_UNARCHIVED: _l("Took a programme out of the archive"),
    E.DRAFT_DISCARDED: _l("Discarded a draft"),
    E.LAUNCH_UNDONE: _l("Undid a launch"),
    E.WAVE_EXTENDED: _l("Extended a survey"),
    E.APPROVAL_LAPSED: _l("A request for a second person lapsed"),
    E.WAVE_ENDED: _l("Ended a survey without a report"),
    E.RELEASE_RESTORED: _l("Published a withdrawn report again"),
    E.ASSESSMENT_DISCARDED: _l("Discarded a self-assessment"),
    E.CARDS_VOIDED: _l("Made cards void after a restore"),
    E.DATABASE_RESTORED: _l("Restored the database from a backup"),
    E.DATA_EXPORTED: _l("Downloaded everything that is kept"),
    E.MEMBER_LOCKED: _l("Locked an account until it is renewed"),
    E.MEMBER_ERASED: _l("Erased an account"),
    E.SCHOOL_ERASED: _l("Erased the school"),
    E.AUTHORITY_ERASED: _l("Erased the authority"),
}


def said(name: EventName) -> str:
    """What happened, in a few words."""
    words = SAID.get(name)
    return str(words) if words else name.value.replace(".", " ").replace("_", " ").capitalize()


class Show(StrEnum):
    """Which events the page shows."""

    ALL = "all"
    READING = "reading"
    SIGNING_IN = "signing-in"
    CHANGES = "changes"


OF_READING = frozenset(
    {
        E.ACCESS_REFUSED, E.REPORT_READ, E.REPORT_DOWNLOADED, E.COMPARISON_READ,
        E.COMPARISON_DOWNLOADED, E.HELP_REQUESTS_OPENED, E.HELP_REQUEST_READ, E.TEXTS_SEEN,
        E.TEXTS_READ, E.TEXTS_OPENED, E.DESK_KEY_OPENED, E.DESK_KEY_REFUSED, E.LOG_DOWNLOADED,
        E.CODES_PRINTED, E.DATA_EXPORTED,
    }
)  # fmt: skip
OF_SIGNING_IN = frozenset(
    {
        E.SIGNED_IN, E.SIGNED_OUT, E.SIGN_IN_FAILED, E.SESSIONS_ENDED, E.PASSWORD_CHANGED,
        E.SECOND_STEP_ON, E.SECOND_STEP_OFF, E.SECOND_STEP_REQUIRED, E.SECOND_STEP_RESET,
        E.PASSKEY_ADDED, E.PASSKEY_REMOVED, E.PROVIDER_LINKED, E.PROVIDER_UNLINKED,
        E.PROVIDER_REFUSED, E.RECOVERY_CODES_MADE, E.MEMBER_ADDED, E.MEMBER_CONFIRMED,
        E.MEMBER_REMOVED, E.MEMBER_CLOSED, E.MEMBER_RENEWED, E.MEMBER_LOCKED, E.MEMBER_ERASED,
    }
)  # fmt: skip

SHOWN: Mapping[Show, frozenset[EventName]] = {
    Show.ALL: frozenset(),
    Show.READING: OF_READING,
    Show.SIGNING_IN: OF_SIGNING_IN,
    Show.CHANGES: frozenset(EventName) - OF_READING - OF_SIGNING_IN,
}

SHOW_LABELS: Mapping[Show, LazyString] = {
    Show.ALL: _l("Everything"),
    Show.READING: _l("Reading"),
    Show.SIGNING_IN: _l("Signing in and accounts"),
    Show.CHANGES: _l("Everything else"),
}

SECOND_STEPS: Mapping[str, LazyString] = {
    "code": _l("with a code"),
    "recovery code": _l("with a recovery code"),
    "passkey": _l("with a passkey"),
    "provider": _l("with the second step of the provider"),
    "none": _l("without a second step"),
}

REFUSALS: Mapping[str, LazyString] = {
    "unreachable": _l("the provider did not answer"),
    "stopped": _l("stopped at the provider"),
    "other browser": _l("not begun in this browser"),
    "too late": _l("the answer was too old"),
    "again": _l("the answer was used before"),
    "not theirs": _l("the answer was not valid"),
    "other tenant": _l("another organisation's account"),
    "no account": _l("no account with this e-mail address"),
    "not verified": _l("the e-mail address was not checked"),
    "unlinked": _l("the account is not linked any more"),
    "closed": _l("the account here is closed"),
    "taken": _l("linked to another account"),
}
"""Why signing in with a provider was refused."""

WAYS: Mapping[str, LazyString] = {
    "password": _l("Password"),
    "passkey": _l("Passkey"),
    "microsoft": _l("Microsoft"),
    "google": _l("Google"),
}
"""Ways to sign in, as the log and the list of sessions name them."""
