"""What Prometheus reads: how the parts of the service are, and nothing that moves with a student.

There is no count of requests, answers or errors, no duration, no processor time and no memory
here: any figure that changes when a student presses Send tells when it was pressed, and rounding
only asks for more patience. The load of the machine is measured by the machine's own exporter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from survey.serving.checks import CheckResult, CheckState
from survey.serving.schema import newest_step

CONTENT_TYPE = CONTENT_TYPE_LATEST
LEVELS: Mapping[CheckState, int] = {CheckState.OK: 0, CheckState.WARNING: 1, CheckState.FAILING: 2}


def text_of(findings: Iterable[CheckResult]) -> bytes:
    """The findings in the format of Prometheus. The registry is made for this answer, so every
    worker of every server says the same."""
    registry = CollectorRegistry()
    level = Gauge(
        "safer_places_check",
        "How a part of the service is: 0 well, 1 needs attention, 2 failing.",
        ["check"],
        registry=registry,
    )
    release = Gauge(
        "safer_places_release",
        "Always 1; the label says which schema this server was written for.",
        ["schema"],
        registry=registry,
    )
    for finding in findings:
        level.labels(finding.name).set(LEVELS[finding.state])
    release.labels(newest_step()).set(1)
    return generate_latest(registry)
