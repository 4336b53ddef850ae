"""What a load balancer, a supervisor and Prometheus ask: /live, /ready and /metrics."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass
from typing import cast

from flask import Flask, Response, abort, current_app, jsonify, request
from flask.blueprints import BlueprintSetupState

from survey.database import database
from survey.permissions import public
from survey.serving import metrics
from survey.serving.blueprint import bp
from survey.serving.checks import CheckResult, CheckState, examine
from survey.serving.schema import goes_on
from survey.settings import current_settings

EXAMINED = "serving_examined"
EXAMINED_FOR = 2.0
"""Seconds for which the checks are not made again, however often they are asked for."""


@dataclass
class Examined:
    """The findings of a moment ago."""

    at: float = float("-inf")
    findings: tuple[CheckResult, ...] = ()


@bp.record_once
def _start(state: BlueprintSetupState) -> None:
    cast(Flask, state.app).extensions[EXAMINED] = Examined()


def _findings() -> tuple[CheckResult, ...]:
    examined: Examined = current_app.extensions[EXAMINED]
    if time.monotonic() - examined.at > EXAMINED_FOR:
        examined.findings = examine(database.engine, current_settings(), goes_on)
        examined.at = time.monotonic()
    return examined.findings


@bp.get("/live")
@public
def live() -> Response:
    """Whether this process answers. A supervisor starts it again if it does not."""
    return jsonify(live=True)


@bp.get("/ready")
@public
def ready() -> tuple[Response, int]:
    """Whether this server can serve. A load balancer sends it no one while it answers 503."""
    findings = _findings()
    is_ready = all(one.state is not CheckState.FAILING for one in findings)
    shown = {one.name: one.state.value for one in findings}
    return jsonify(ready=is_ready, checks=shown), 200 if is_ready else 503


@bp.get("/metrics")
@public
def scraped() -> Response:
    """The same for Prometheus, for who knows the token; else there is nothing here."""
    token = current_settings().metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        abort(404)
    return Response(metrics.text_of(_findings()), content_type=metrics.CONTENT_TYPE)
