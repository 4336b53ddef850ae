"""Pages and files about data protection. Anybody may read them; files are for members, because a
PDF takes time to make."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, abort, g, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _

from survey import pdf
from survey.http.attachments import as_file
from survey.languages import ENGLISH, STAFF_LANGUAGES
from survey.papers import facts
from survey.papers.blueprint import bp
from survey.papers.claims import CLAIMS
from survey.papers.documents import PAPERS, Gap, Paper
from survey.paths import PACKAGE
from survey.permissions import Permission, public, requires
from survey.settings import Settings, current_settings

SHEET = "papers/paper"
TEMPLATES = PACKAGE / "papers" / "templates"


@dataclass(frozen=True)
class Shown:
    """A sentence, or a gap to fill in, and what makes it true. `picture` is the template of a
    drawing that says the same, in the easy-read notice."""

    words: str
    is_gap: bool
    tests: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    picture: str | None = None


def sections(paper: Paper, options: Settings) -> list[tuple[str, list[Shown]]]:
    """A paper as it reads under these settings."""
    filled = facts.of(options)
    return [
        (str(one.heading), [_shown(part, options, filled) for part in one.parts])
        for one in paper.sections
    ]


def _shown(part: str | Gap, options: Settings, filled: facts.Facts) -> Shown:
    if isinstance(part, Gap):
        return Shown(str(part.words), is_gap=True)
    claim = CLAIMS[part]
    variables = tuple(f"SURVEY_{name.upper()}" for name in claim.settings)
    drawn = f"papers/pictures/{part}.svg"
    picture = drawn if (TEMPLATES / drawn).is_file() else None
    return Shown(claim.said(options, filled), False, claim.tests, variables, picture)


def _found(key: str) -> Paper:
    return PAPERS[key] if key in PAPERS else abort(404)


def _choose_language() -> None:
    """The language that the address asks for, English or Welsh."""
    asked = request.args.get("language", "")
    if asked in STAFF_LANGUAGES:
        g.language = asked


@bp.get("/papers/")
@public
def index() -> str:
    _choose_language()
    return render_template("papers/index.html", papers=PAPERS)


@bp.get("/papers/<key>")
@public
def paper(key: str) -> str:
    _choose_language()
    found = _found(key)
    return render_template(
        "papers/paper.html",
        key=key,
        paper=found,
        sections=sections(found, current_settings()),
        proofs="proofs" in request.args,
        languages=STAFF_LANGUAGES,
    )


@bp.get("/papers/<key>.pdf")
@requires(Permission.OWN_ACCOUNT)
def paper_pdf(key: str) -> Response:
    _choose_language()
    return as_file(pdf_of(_found(key), current_settings()), "application/pdf", f"{key}.pdf")


def pdf_of(found: Paper, options: Settings) -> bytes:
    """A paper as a tagged PDF in the language of the request."""
    return pdf.pdf(
        SHEET,
        language=str(get_locale() or ENGLISH),
        title=str(found.title),
        given={
            "lead": str(found.lead),
            "plain": found.plain,
            "made_by": _(
                "Made from the settings of this service by %(product)s %(version)s.",
                **{name: facts.of(options)[name] for name in ("product", "version")},
            ),
            "gap": _("To be filled in:"),
            "sections": [
                {
                    "heading": heading,
                    "parts": [
                        {"words": one.words, "is_gap": one.is_gap, "picture": one.picture or ""}
                        for one in parts
                    ],
                }
                for heading, parts in sections(found, options)
            ],
        },
    )
