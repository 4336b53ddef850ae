"""Errors that refuse a comparison, named for the reason."""

from __future__ import annotations

from survey.errors import NotNowError


class SchoolsMissingError(NotNowError):
    """A school that took part has no report yet."""


class TooFewSchoolsError(NotNowError):
    """With so few schools, figures of one school could be worked out from those of another."""


class SchoolTooLargeError(NotNowError):
    """One school gives so many of the answers that its own figures could be worked out."""


class ComparisonChangedError(NotNowError):
    """The data of a comparison changed while it was being made."""


class AlreadyComparedError(NotNowError):
    """This survey of the programme already has its one comparison."""
