"""Checks of what arrives with a request, before any page looks at it.

Words come without control letters, in every field and for every page. Numbers and words in an
address are as long as they can be in one of ours. A body is a form, and its text fields are text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any, TypeVar

from flask import Flask, Request, abort, current_app, request
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.routing import IntegerConverter, PathConverter, UnicodeConverter, ValidationError
from werkzeug.utils import cached_property

from survey.typed_text import LINE_BREAKS, printable

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
"""Plain text has no fields: the page that tries the line sends some and has it sent back."""

MOST_DIGITS = 9
"""Of a number in an address. A longer one is of no thing of ours, and no database takes it."""

TAKES_FILES = "endpoints_that_take_files"
"""In the app's extensions: by endpoint, the fields that may hold a file."""


def _plain(given: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict(
        (printable(name), printable(value))
        for name, value in given.items(multi=True)
        if name is not None  # a part of a form whose name could not be read
    )


class _PlainForms(FormDataParser):
    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        rest, form, files = super().parse(stream, mimetype, content_length, options)
        return rest, _plain(form), files


class CheckedRequest(Request):
    """A request whose words are plain."""

    form_data_parser_class = _PlainForms

    def _load_form_data(self) -> None:
        """A form that is too large is refused once, and empty for what runs after that: the page
        that says so is not to fail for the same reason."""
        try:
            super()._load_form_data()
        except RequestEntityTooLarge:
            self.__dict__.update(form=ImmutableMultiDict(), files=ImmutableMultiDict())
            raise

    def forget_form(self) -> None:
        """The next who reads a form that is too large is refused as well."""
        self.__dict__.pop("form", None)
        self.__dict__.pop("files", None)

    @cached_property
    def args(self) -> ImmutableMultiDict[str, str]:
        """The query string of the address."""
        return _plain(super().args)


class _SmallNumber(IntegerConverter):
    regex = rf"\d{{1,{MOST_DIGITS}}}"


class _PlainWord(UnicodeConverter):
    def to_python(self, value: str) -> str:
        return _as_written(value)


class _PlainPath(PathConverter):
    def to_python(self, value: str) -> str:
        return _as_written(value)


def _as_written(value: str) -> str:
    if printable(value) != value or not set(value).isdisjoint(LINE_BREAKS):
        # No address of ours has such signs: there is nothing there. A line break would also end
        # the header of an answer that leads back to this address.
        raise ValidationError
    return value


V = TypeVar("V", bound=Callable[..., Any])

CONVERTERS: dict[str, Any] = {
    "int": _SmallNumber,
    "default": _PlainWord,
    "string": _PlainWord,
    "path": _PlainPath,
}


TAKES_ANY_BODY = "takes_any_body"


def takes_any_body(view: V) -> V:
    """For a view that reads what was sent as it came, and not as a form."""
    setattr(view, TAKES_ANY_BODY, True)
    return view


def init_app(app: Flask) -> None:
    """Comes first: pages and their guards see only what has passed."""
    app.request_class = CheckedRequest
    app.url_map.converters.update(CONVERTERS)
    app.extensions.setdefault(TAKES_FILES, {})
    app.before_request(_refuse_what_is_no_form)


def _refuse_what_is_no_form() -> None:
    """Our pages send forms. Anything else was made by a program, and would be read by halves."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, TAKES_ANY_BODY, False):
        return
    if request.mimetype not in FORMS:
        if request.mimetype or request.content_length:
            abort(415)
        return
    if request.mimetype == "multipart/form-data":
        allowed = current_app.extensions[TAKES_FILES].get(request.endpoint, ())
        if not set(request.files) <= set(allowed):
            abort(400)
