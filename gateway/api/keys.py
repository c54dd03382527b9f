"""API keys: made, listed and revoked."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, make_response
from pydantic import Field

from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Input, Text, example
from gateway.auth import new_api_key, session_hash

blueprint = APIBlueprint(
    "api_keys",
    __name__,
    tag={
        "name": "API keys",
        "description": "Keys for a customer's own programs, for administrators of the console. A program sends its key "
        "as `Authorization: Bearer kaisen_…`; it may do what a console account of the key's role may do by this "
        "API, except what concerns a person: sessions, passwords, second factors.",
    },
)

Role = Literal["viewer", "operator"]

_WISH = {"name": "配送システム", "role": "viewer", "expires_on": "2026-06-30"}
_KEY = {
    **_WISH,
    "id": "0b0f7a52-7a3e-4a0e-9d0b-1f6c2a6c1c5e",
    "hint": "x7Qd",
    "state": "active",
    "created_by": "minato-admin",
    "created_at": "2026-03-11T03:00:00Z",
    "last_used_at": None,
    "revoked_at": None,
}


class ApiKeyWish(Input):
    """What a new key is for, and how long."""

    model_config = example(_WISH)

    name: Annotated[Text, Field(min_length=1, max_length=60, description="tells your programs apart")]
    role: Annotated[Role, Field(description="administration needs a person")]
    expires_on: Annotated[
        date,
        Field(description="last day in Japan on which the key works, from tomorrow to `latest` of the list"),
    ]


class ApiKey(Answer):
    """A key, without its secret."""

    model_config = example(_KEY)

    id: str
    name: str
    role: Role
    hint: str = Field(description="the last four characters of the secret")
    state: Literal["active", "expired", "revoked"]
    created_by: str = Field(description="login ID")
    created_at: datetime
    expires_on: date
    last_used_at: datetime | None = Field(description="to the minute")
    revoked_at: datetime | None


class NewApiKey(ApiKey):
    """A key with its secret, which is shown this once and stored nowhere."""

    model_config = example({**_KEY, "secret": "kaisen_(43 characters)"})

    secret: str


class ApiKeyList(Answer):
    """All keys of the customer, the newest first."""

    model_config = example({"items": [_KEY], "earliest": "2026-03-12", "latest": "2027-03-12"})

    items: list[ApiKey]
    earliest: date = Field(description="earliest `expires_on` of a new key")
    latest: date = Field(description="latest `expires_on` of a new key")


@blueprint.get("/api-keys")
@operation("console")
@blueprint.output(ApiKeyList)
def list_api_keys() -> Any:
    """List the customer's keys."""
    return rpc.call("auth.list_keys")


@blueprint.post("/api-keys")
@operation("console", 400, 413, 415, 422)
@blueprint.input(ApiKeyWish)
@blueprint.output(NewApiKey, status_code=201)
def create_api_key(json_data: ApiKeyWish) -> Any:
    """Make a key.

    Asks for a proof of the person within the last minutes (`proof.required`).
    """
    secret = new_api_key()
    wanted = json_data.model_dump(mode="json")
    made = rpc.call("auth.create_key", key_hash=session_hash(secret), hint=secret[-4:], **wanted)
    return {**made, "secret": secret}, 201


@blueprint.delete("/api-keys/<code:key_id>")
@operation("console", 404, answers={204: "The key is revoked"})
def revoke_api_key(key_id: str) -> Response:
    """Revoke a key: its next request is refused, on every server."""
    rpc.call("auth.revoke_key", key_id=key_id)
    return make_response("", 204)
