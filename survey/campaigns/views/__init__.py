"""The pages of campaigns. Each module adds its own to the blueprint."""

from survey.campaigns.views import (
    archive,
    ballot_key,
    drafts,
    help_contacts,
    invitations,
    programme_settings,
    programme_undo,
    programmes,
    readers,
    report_readers_start,
    school,
    sign_offs,
    slips,
    undo,
    waves,
)

__all__ = [
    "archive",
    "ballot_key",
    "drafts",
    "help_contacts",
    "invitations",
    "programme_settings",
    "programme_undo",
    "programmes",
    "readers",
    "report_readers_start",
    "school",
    "sign_offs",
    "slips",
    "undo",
    "waves",
]
