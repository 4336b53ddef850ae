"""The kinds of message. `wording` has what each says."""

from __future__ import annotations

from enum import StrEnum


class MailKind(StrEnum):
    """What a message is about. The value is stored."""

    INVITATION = "invitation"
    RESET = "reset"
    NEW_SEAT = "new_seat"
    TO_CONFIRM = "to_confirm"
    HELP_REQUEST = "help_request"
    TEXTS = "texts"
    LAST_DAY = "last_day"
    REPORT_READY = "report_ready"
    ACTION_DUE = "action_due"
    CONTACTS = "contacts"
    DIGEST = "digest"
