"""Pages and files about data protection. Anyone may read them; files are for members, because a
PDF takes time to make."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, g, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from survey import pdf
from survey.database import read
from survey.http.attachments import as_file
from survey.languages import ENGLISH, STAFF_LANGUAGES
from survey.organisations.models import Authority, School
from survey.papers import facts
from survey.papers.blueprint import bp
from survey.papers.claim_register import CLAIMS
from survey.papers.documents import PAPERS, Gap, Paper
from survey.papers.policies import NOTHING, Chosen
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


def sections(
    paper: Paper, options: Settings, chosen: Chosen = NOTHING
) -> list[tuple[str, list[Shown]]]:
    """A paper as it reads under these settings and policies."""
    filled = facts.of(options)
    return [
        (str(one.heading), [_shown(part, options, filled, chosen) for part in one.parts])
        for one in paper.sections
    ]


def _shown(part: str | Gap, options: Settings, filled: facts.Facts, chosen: Chosen) -> Shown:
    if isinstance(part, Gap):
        return Shown(str(part.words), is_gap=True)
    claim = CLAIMS[part]
    variables = tuple(f"SURVEY_{name.upper()}" for name in claim.settings)
    drawn = f"papers/pictures/{part}.svg"
    picture = drawn if (TEMPLATES / drawn).is_file() else None
    said = chosen.said(part) or claim.said(options, filled)
    return Shown(said, False, claim.tests, variables, picture)


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
    """The papers, and for a member of a school those with its policies."""
    _choose_language()
    school_id = getattr(current_user, "school_id", None)
    school = read().get(School, school_id) if school_id else None
    return render_template("papers/index.html", papers=PAPERS, school=school)


@bp.get("/papers/<key>")
@public
def paper(key: str) -> str:
    return _page(key, ".paper", {})


@bp.get("/papers/<key>.pdf")
@requires(Permission.OWN_ACCOUNT)
def paper_pdf(key: str) -> Response:
    return _file(key)


@bp.get("/schools/<uuid:school_id>/papers/<key>")
@requires(Permission.SCHOOL_SEE)
def school_paper(school_id: uuid.UUID, key: str) -> str:
    """A paper with the policies that hold for a school."""
    school = read().get_one(School, school_id)
    return _page(key, ".school_paper", {"school_id": school_id}, school)


@bp.get("/schools/<uuid:school_id>/papers/<key>.pdf")
@requires(Permission.SCHOOL_SEE)
def school_paper_pdf(school_id: uuid.UUID, key: str) -> Response:
    return _file(key, read().get_one(School, school_id))


@bp.get("/authorities/<uuid:authority_id>/papers/<key>")
@requires(Permission.AUTHORITY_SEE)
def authority_paper(authority_id: uuid.UUID, key: str) -> str:
    """A paper with the policies of an authority."""
    authority = read().get_one(Authority, authority_id)
    return _page(key, ".authority_paper", {"authority_id": authority_id}, authority)


@bp.get("/authorities/<uuid:authority_id>/papers/<key>.pdf")
@requires(Permission.AUTHORITY_SEE)
def authority_paper_pdf(authority_id: uuid.UUID, key: str) -> Response:
    return _file(key, read().get_one(Authority, authority_id))


def _page(
    key: str, view: str, at: dict[str, Any], organisation: School | Authority | None = None
) -> str:
    _choose_language()
    found = _found(key)
    return render_template(
        "papers/paper.html",
        key=key,
        view=view,
        at=at,
        organisation=organisation,
        paper=found,
        sections=sections(found, current_settings(), _chosen(organisation)),
        proofs="proofs" in request.args,
        languages=STAFF_LANGUAGES,
    )


def _file(key: str, organisation: School | Authority | None = None) -> Response:
    _choose_language()
    made = pdf_of(_found(key), current_settings(), _chosen(organisation))
    return as_file(made, "application/pdf", f"{key}.pdf")


def _chosen(organisation: School | Authority | None) -> Chosen:
    return NOTHING if organisation is None else Chosen.by(organisation)


def pdf_of(found: Paper, options: Settings, chosen: Chosen = NOTHING) -> bytes:
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
                for heading, parts in sections(found, options, chosen)
            ],
        },
    )
