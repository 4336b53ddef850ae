"""The pages of campaigns. Each module adds its own to the blueprint."""

from survey.campaigns.views import (
    archive,
    ballot_key,
    drafts,
    programme_settings,
    programme_undo,
    programmes,
    reading,
    school,
    sign_offs,
    undo,
    waves,
)

__all__ = [
    "archive",
    "ballot_key",
    "drafts",
    "programme_settings",
    "programme_undo",
    "programmes",
    "reading",
    "school",
    "sign_offs",
    "undo",
    "waves",
]
