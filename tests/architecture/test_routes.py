"""Every page and every resource of the gateway states who may see it."""

import json
import secrets
from typing import get_args

from joserfc.jwk import KeySet, OKPKey

from gateway.app import create_app
from gateway.auth import Kind
from gateway.settings import Settings


def test_every_route_states_its_access() -> None:
    keys = KeySet([OKPKey.generate_key("X25519", {"kid": "auth"})])
    settings = Settings(
        amqp_uri="pyamqp://127.0.0.1:1/",  # connects at the first call, and there is none
        secret_key=secrets.token_hex(32),
        sealing_keys=json.dumps(keys.as_dict(private=False)),
    )
    app = create_app(settings)
    rules = list(app.url_map.iter_rules())
    assert len(rules) > 20, "routes are missing"
    stated = {rule.endpoint: getattr(app.view_functions[rule.endpoint], "access", None) for rule in rules}
    assert {endpoint: access for endpoint, access in stated.items() if access not in get_args(Kind)} == {}
