"""The pages of campaigns. Each module adds its own to the blueprint."""

from survey.campaigns.views import (
    archive,
    ballot_key,
    drafts,
    invitations,
    people,
    programme_settings,
    programme_undo,
    programmes,
    readers,
    reading,
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
    "invitations",
    "people",
    "programme_settings",
    "programme_undo",
    "programmes",
    "readers",
    "reading",
    "school",
    "sign_offs",
    "slips",
    "undo",
    "waves",
]
