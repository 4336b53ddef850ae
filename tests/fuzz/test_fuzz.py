"""A short slice of `make fuzz`: always the same requests."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.conftest import settings_for
from tests.fuzz.worlds import prepare

REQUESTS = 300


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_invented_request_ends_in_an_error(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    url = f"sqlite:///{tmp_path / 'survey.db'}"
    settings = settings_for(url, key_folder=str(keys), ledger=str(tmp_path / "ledger"))
    ground = prepare(settings, tmp_path, seed=3)
    ground.fuzzer.run(REQUESTS, every=REQUESTS, renew=ground.renew)
    assert [f"{one.what}: {one.request}" for one in ground.fuzzer.failures] == []
    assert len(ground.fuzzer.sent) > 80
    assert ground.fuzzer.statuses[200] > 20
    with ground.app.app_context():
        from survey.database import database

        database.engine.dispose()
    gc.collect()  # uploads that a refused request left to the collector: it says so here


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_part_of_a_form_without_a_name_is_left_out(client: FlaskClient) -> None:
    """Found by the fuzzer: a line break in the name leaves the part without one."""
    body = b'--b\r\nContent-Disposition: form-data; name="a\nb"\r\n\r\nx\r\n--b--\r\n'
    answer = client.post("/", data=body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code < 500


def test_an_address_with_a_line_break_leads_nowhere(tmp_path: Path) -> None:
    """Found by the fuzzer: it ended up in the header that leads back to the address."""
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    settings = settings_for(
        f"sqlite:///{tmp_path / 'survey.db'}", key_folder=str(keys), ledger=str(tmp_path / "ledger")
    )
    ground = prepare(settings, tmp_path, seed=1)
    client = ground.fuzzer.clients["nobody"]
    for address in ("/p/%0D%0AX-Evil:%201", "/ask/a%0Ab", "/s/A%0DB", "/p/a%09b"):
        for method in ("GET", "POST"):
            answer = client.open(address, method=method)
            assert answer.status_code in (303, 404, 405), (address, method)
            assert "X-Evil" not in answer.headers
