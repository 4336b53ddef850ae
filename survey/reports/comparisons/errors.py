"""Errors that refuse a comparison, named for what is in the way."""

from __future__ import annotations

from survey.errors import NotNowError


class SchoolsMissingError(NotNowError):
    """A school that took part is not frozen yet."""


class TooFewSchoolsError(NotNowError):
    """With so few schools a comparison would be one school's figures less another's."""


class SchoolTooLargeError(NotNowError):
    """One school gives so many of the answers that the rest could be taken off."""


class ComparisonChangedError(NotNowError):
    """Something a comparison is made of changed while it was being made."""


class AlreadyComparedError(NotNowError):
    """This wave of the programme has had its one comparison."""
