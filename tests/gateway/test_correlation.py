"""One id a request, and its line in the log."""

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize("given", ["abc", "A1.b_c~d-e", "x" * 64])
def test_the_callers_id_is_kept(client: FlaskClient, given: str) -> None:
    answer = client.get("/api/v1/nothing", headers={"X-Correlation-Id": given})
    assert answer.headers["X-Correlation-Id"] == answer.get_json()["correlation_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", 'a"b', "号", "a/b", "<script>"])
def test_an_id_that_could_be_misread_is_replaced(client: FlaskClient, given: str) -> None:
    answer = client.get("/livez", headers={"X-Correlation-Id": given.encode().decode("latin-1")})
    assert len(answer.headers["X-Correlation-Id"]) == 32


@pytest.mark.parametrize("given", ["abc\r\nSet-Cookie: kaisen=planted", "abc\n", '\r\n{"event": "forged"}'])
def test_an_id_with_line_breaks_is_replaced(client: FlaskClient, given: str) -> None:
    answer = client.get("/livez", environ_overrides={"HTTP_X_CORRELATION_ID": given})
    assert len(answer.headers["X-Correlation-Id"]) == 32
    assert "Set-Cookie" not in answer.headers
