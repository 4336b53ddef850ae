"""Charts that answer in the reader's browser: what it draws them from, and what it draws them with.

The page stands without it: charts are drawings of the server, and the table beside each says it
all. A script of ours waits until a reader points to a chart or comes to it by keys, and only then
fetches the runtime and the chart's specification. A page that carries it has a policy that allows
scripts of this address, and nothing else more. See docs/decisions/0016-charts-that-answer.md.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from flask import Flask, Response, current_app, g, make_response, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from survey.campaigns.queries import find_programme, find_wave
from survey.database import read
from survey.errors import NotThereError
from survey.http.light_pages import POLICY, Part, compress
from survey.permissions import Permission, public, requires
from survey.releases.models import StoredComparison
from survey.reports.blueprint import COMPARISON, REPORT
from survey.reports.charts import cache as chart_cache
from survey.reports.charts.blueprint import bp
from survey.reports.school.report import readable_of

SCRIPTS = "chart_scripts"
FOR_EVER = "public, max-age=31536000, immutable"
ALLOWED = "; script-src 'self'; connect-src 'self'"


class NoDrawingError(NotThereError):
    """The document has no chart of this name."""


def init_app(app: Flask) -> None:
    """Reads the scripts once; any template may call `chart_scripts()` where its scripts stand."""
    folder = Path(app.static_folder or "")
    app.extensions[SCRIPTS] = {
        name: Part(Markup((folder / file).read_text(encoding="utf-8")), "js")  # noqa: S704 - ours
        for name, file in (("charts", "charts.js"), ("vega", "vega/vega.js"))
    }
    app.jinja_env.globals["chart_scripts"] = chart_scripts
    app.register_blueprint(bp)
    app.after_request(_allow_scripts)


def chart_scripts() -> Markup:
    """The element that makes the charts of a page answer. Read after the page."""
    g.has_chart_scripts = True
    addresses = {
        name: url_for("charts.script", name=f"{name}-{part.name}")
        for name, part in current_app.extensions[SCRIPTS].items()
    }
    return Markup('<script src="{charts}" data-runtime="{vega}" defer></script>').format(
        **addresses
    )


def _allow_scripts(response: Response) -> Response:
    if g.get("has_chart_scripts"):
        response.headers[POLICY] += ALLOWED
    return response


@bp.get("/charts/<name>")
@public
def script(name: str) -> Response:
    """One of our scripts, under the hash of what is in it. Under an older name too: a page from
    before an update still finds it."""
    parts: dict[str, Part] = current_app.extensions[SCRIPTS]
    kind, _mark, hashed = name.partition("-")
    if kind not in parts:
        raise NoDrawingError()
    response = make_response(parts[kind].words)
    response.mimetype = "text/javascript"
    if hashed == parts[kind].name:
        response.headers["Cache-Control"] = FOR_EVER
    return compress(response)


@bp.get(f"{REPORT}drawings/<name>.json")
@requires(Permission.REPORT_READ)
def drawing(school_id: uuid.UUID, wave_id: uuid.UUID, name: str) -> Response:
    """What a chart of a school's report is drawn from."""
    wave = find_wave(read(), school_id, wave_id)
    return _specification(readable_of(wave).release_hash, name)


@bp.get(f"{COMPARISON}drawings/<name>.json")
@requires(Permission.COMPARISON_READ)
def compared_drawing(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int, name: str
) -> Response:
    """What a chart of an authority's comparison is drawn from."""
    find_programme(read(), authority_id, programme_id)
    stored = read().get(StoredComparison, (authority_id, programme_id, number))
    return _specification("" if stored is None else stored.release_hash, name)


def _specification(document: str, name: str) -> Response:
    found = chart_cache.specification_of(read(), document, name)
    if found is None:
        raise NoDrawingError(_("This report has no such chart."))
    return Response(found, content_type="application/json")
