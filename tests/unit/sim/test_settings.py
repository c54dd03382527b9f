"""The settings of the SIM service refuse what would be unsafe."""

import base64
import json
from typing import Any

import pytest
from pydantic import ValidationError

from services.sim.settings import Settings

REQUIRED: dict[str, Any] = {
    "amqp_uri": "pyamqp://localhost//",
    "database_url": "postgresql+psycopg2://localhost/sim",
    "context_keys": "{}",
    "sealing_key": "{}",
    "carrier_url": "http://127.0.0.1:9000",
    "field_keys": json.dumps({"f1": base64.b64encode(bytes(32)).decode()}),
    "smdp_url": "http://127.0.0.1:9000",
    "smdp_address": "smdp.example",
    "smdp_requester": "2.999.1",
}


def test_the_defaults_hold() -> None:
    settings = Settings(**REQUIRED)
    assert settings.plans == {"500MB": 500_000_000, "1GB": 10**9, "30GB": 3 * 10**10}
    assert settings.recharge_prices == {1: 300, 3: 900, 10: 3_000, 100: 30_000}


@pytest.mark.parametrize("keys", ["{}", '{"f1": "short"}', "no keys"])
def test_unusable_keys_of_fields_are_refused(keys: str) -> None:
    with pytest.raises(ValidationError):
        Settings(**REQUIRED | {"field_keys": keys})


@pytest.mark.parametrize(
    "unsafe", [{"lease_seconds": 2}, {"carrier_timeout_seconds": 0}, {"plans": {}}, {"plans": {"1GB": 0}}]
)
def test_a_lease_lasts_between_two_signs_of_life_and_plans_grant_something(unsafe: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**REQUIRED | unsafe)


def test_plans_and_prices_come_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAISEN_PLANS", '{"5GB": 5000000000}')
    monkeypatch.setenv("KAISEN_RECHARGE_PRICES", '{"2": 500}')
    settings = Settings(**REQUIRED)
    assert (settings.plans, settings.recharge_prices) == ({"5GB": 5 * 10**9}, {2: 500})
