"""Settings that would only fail at the first login are refused at the start."""

import json
import secrets
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from services.auth.portals import Kind
from services.auth.settings import Settings


def usable() -> dict[str, Any]:
    return {
        "amqp_uri": "pyamqp://localhost",
        "database_url": "postgresql+psycopg2://localhost/auth",
        "context_keys": "{}",
        "sealing_key": "{}",
        "context_signing_key": json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True)),
        "code_pepper": secrets.token_urlsafe(32),
        "field_keys": json.dumps({"k1": b64encode(secrets.token_bytes(32)).decode()}),
    }


def test_times_of_sessions_by_default() -> None:
    settings = Settings(**usable())
    times = {kind: (settings.lifetime(kind).idle, settings.lifetime(kind).absolute) for kind in Kind}
    assert times == {
        Kind.SELFCARE: (timedelta(minutes=30), timedelta(hours=12)),
        Kind.CONSOLE: (timedelta(minutes=15), timedelta(hours=8)),
        Kind.STAFF: (timedelta(minutes=15), timedelta(hours=8)),
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("context_signing_key", "not JSON"),
        ("context_signing_key", "[]"),
        pytest.param(
            "context_signing_key",
            json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=False)),
            id="a public key",
        ),
        ("code_pepper", "short"),
        ("field_keys", "{}"),
        ("field_keys", '{"k1": "short"}'),
        ("mail_from", "no-reply-otp"),
        ("smtp_port", "0"),
        ("selfcare_idle_minutes", "0"),
    ],
)
def test_an_unusable_setting_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings(**(usable() | {name: value}))


@pytest.mark.parametrize(
    ("relay", "is_good"),
    [
        ({}, True),
        ({"smtp_tls": "starttls"}, True),
        ({"smtp_tls": "starttls", "smtp_user": "kaisen", "smtp_password": "x"}, True),
        ({"smtp_tls": "tls", "smtp_user": "kaisen", "smtp_password": "x"}, True),
        ({"smtp_tls": "ssl"}, False),
        ({"smtp_user": "kaisen", "smtp_password": "x"}, False),
        ({"smtp_tls": "tls", "smtp_user": "kaisen"}, False),
        ({"smtp_tls": "tls", "smtp_password": "x"}, False),
    ],
)
def test_a_login_at_the_relay_is_whole_and_goes_by_tls(relay: dict[str, str], is_good: bool) -> None:
    if is_good:
        assert Settings(**(usable() | relay)).smtp_user == relay.get("smtp_user", "")
    else:
        with pytest.raises(ValidationError, match="smtp_"):
            Settings(**(usable() | relay))
