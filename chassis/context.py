"""Who asks: a short-lived signed statement that travels with every call and is verified by the service itself."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from chassis import clock
from chassis.errors import Unauthenticated

ALGORITHM = "Ed25519"  # RFC 9864: fully specified, unlike the older polymorphic "EdDSA"
ISSUER = "kaisen-auth"
LIFETIME = timedelta(seconds=60)
LEEWAY = 5  # seconds by which the clocks of two machines may differ


@dataclass(frozen=True)
class Caller:
    """The verified caller of a method. `customer` is None for staff, `roles` is empty for an anonymous caller.

    `authenticated_at` is when the person last proved who they are; an API key never does (1970). `session` is the
    public id of the session, empty for a key. `client_ip` is where the request came from.
    """

    subject: str
    kind: str
    customer: str | None
    roles: frozenset[str]
    login_id: str
    language: str
    correlation_id: str
    authenticated_at: datetime
    session: str = ""
    client_ip: str = ""


def anonymous(correlation_id: str) -> Caller:
    return Caller(
        "", "anonymous", None, frozenset(), "", "ja", correlation_id, datetime.fromtimestamp(0, UTC)
    )


def sign(caller: Caller, key_json: str) -> str:
    """A compact JWT for `caller`, valid for LIFETIME; `key_json` is the private Ed25519 JWK with its `kid`."""
    key = OKPKey.import_key(json.loads(key_json))
    issued = clock.wall()
    claims = {
        "iss": ISSUER,
        "iat": int(issued.timestamp()),
        "exp": int((issued + LIFETIME).timestamp()),
        "sub": caller.subject,
        "kind": caller.kind,
        "customer": caller.customer,
        "roles": sorted(caller.roles),
        "login_id": caller.login_id,
        "language": caller.language,
        "correlation_id": caller.correlation_id,
        "auth_time": int(caller.authenticated_at.timestamp()),
        "session": caller.session,
        "client_ip": caller.client_ip,
    }
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])


def verify(token: str, keys_json: str) -> Caller:
    """The caller that `token` names, checked against the public JWK set `keys_json`.

    Raises Unauthenticated("context.invalid") for anything but a genuine, current statement.
    """
    try:
        keys = KeySet.import_key_set(json.loads(keys_json))
        claims: dict[str, Any] = jwt.decode(token, keys, algorithms=[ALGORITHM]).claims
        if claims["iss"] != ISSUER or clock.wall().timestamp() > claims["exp"] + LEEWAY:
            raise Unauthenticated("context.invalid")
        return Caller(
            subject=str(claims["sub"]),
            kind=str(claims["kind"]),
            customer=claims["customer"],
            roles=frozenset(claims["roles"]),
            login_id=str(claims["login_id"]),
            language=str(claims["language"]),
            correlation_id=str(claims["correlation_id"]),
            authenticated_at=datetime.fromtimestamp(claims["auth_time"], UTC),
            session=str(claims["session"]),
            client_ip=str(claims["client_ip"]),
        )
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Unauthenticated("context.invalid") from error
