"""What an orchestrator asks."""

from apiflask import APIFlask
from flask.testing import FlaskClient


def test_a_gateway_with_its_broker_is_ready(client: FlaskClient) -> None:
    assert client.get("/livez").get_json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_a_gateway_without_its_broker_lives_but_is_not_ready(unreachable: APIFlask) -> None:
    client = unreachable.test_client()
    assert client.get("/livez").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "unavailable")
    assert "broker" in answer.get_json()["reason"]
