"""What an operator can set about the contract inquiry."""

import base64
import json
import os
from typing import Any

import pytest
from pydantic import ValidationError

from services.contracts.display import BASIC_PLAN_HIDES
from services.contracts.settings import Settings

KEYS = json.dumps({"test": base64.b64encode(os.urandom(32)).decode()})


def settings(**values: Any) -> Settings:
    common = {
        "amqp_uri": "pyamqp://guest:guest@127.0.0.1/",
        "database_url": "postgresql+psycopg2://u@127.0.0.1/contracts",
        "context_keys": "{}",
        "sealing_key": "{}",
        "field_keys": KEYS,
        "switch_url": "http://127.0.0.1:9000",
    }
    return Settings(**(common | values))


def test_defaults_are_those_of_the_manual() -> None:
    assert settings().max_lines_shown == 5000
    assert settings().basic_plan_hides == BASIC_PLAN_HIDES


def test_an_operator_can_hide_the_call_plan_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAISEN_BASIC_PLAN_HIDES", '["sip_proxy", "call_plan"]')
    assert settings().basic_plan_hides == {"sip_proxy", "call_plan"}


def test_an_item_that_cannot_be_hidden_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAISEN_BASIC_PLAN_HIDES", '["phone_number"]')
    with pytest.raises(ValidationError, match="basic_plan_hides"):
        settings()


@pytest.mark.parametrize("keys", ["", "{}", "[]", '{"k": "c2hvcnQ="}', '{"k": 1}'])
def test_unusable_keys_are_refused_at_start(keys: str) -> None:
    with pytest.raises(ValidationError, match="not a set of keys"):
        settings(field_keys=keys)


@pytest.mark.parametrize("unsafe", [{"switch_lease_seconds": 19}, {"switch_timeout_seconds": 8}])
def test_a_lease_outlasts_an_attempt_at_the_switch(unsafe: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="must outlast"):
        settings(**unsafe)
