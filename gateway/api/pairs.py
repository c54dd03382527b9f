"""Pairs of Mobile Choice 050: a 050 number and the mobile number that belongs to it."""

from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import Response, make_response
from pydantic import Field

from gateway import rpc
from gateway.api.description import operation
from gateway.api.idempotency import PARAMETER, given_key
from gateway.api.schema import Answer, Cursor, Input, Limit, Text, example

blueprint = APIBlueprint(
    "api_pairs",
    __name__,
    tag={
        "name": "Mobile Choice pairs",
        "description": "モバイルチョイス050登録・解除: which mobile number belongs to a 050 number.",
    },
)

_WISH = {"phone_number": "05012345678", "mobile_number": "09012345678"}
_PAIR = {"contract_code": "K-000123", **_WISH}


class PairWish(Input):
    model_config = example(_WISH)

    phone_number: Text = Field(
        description="050 and eight digits, of a line in service without a mobile number"
    )
    mobile_number: Text = Field(description="070, 080 or 090 and eight digits, without a line")


class PairWishes(Input):
    """All of them are registered, or none."""

    model_config = example({"pairs": [_WISH]})

    pairs: list[PairWish] = Field(min_length=1, max_length=100)


class ReleaseWishes(Input):
    """All of them are released, or none."""

    model_config = example({"phone_numbers": ["05012345678"]})

    phone_numbers: list[Text] = Field(min_length=1, max_length=100, description="050 numbers that are paired")


class Pair(Answer):
    model_config = example(_PAIR)

    contract_code: str
    phone_number: str
    mobile_number: str


class PairList(Answer):
    items: list[Pair]


class PairPage(PairList):
    total: int
    next_cursor: str | None


class PairQuery(Input):
    digits: Annotated[Text | None, Field(description="what either number begins with")] = None
    cursor: Cursor = None
    limit: Limit = 50


@blueprint.get("/pairs")
@operation("selfcare", 422)
@blueprint.input(PairQuery, location="query")
@blueprint.output(PairPage)
def list_pairs(query_data: PairQuery) -> Any:
    """List the pairs of lines in service, by 050 number."""
    return rpc.call("contracts.list_pairs", **query_data.model_dump(mode="json"))


@blueprint.post("/pairs")
@operation("selfcare", 400, 404, 409, 413, 415, 422, parameters=[PARAMETER])
@blueprint.input(PairWishes)
@blueprint.output(PairList, status_code=201)
def register_pairs(json_data: PairWishes) -> Any:
    """Register pairs.

    A number that is paired already is refused: release it first.
    """
    return rpc.call("contracts.register_pairs", idempotency_key=given_key(), **json_data.model_dump())


@blueprint.post("/pairs/check")
@operation("selfcare", 400, 404, 409, 413, 415, 422, answers={204: "They can be registered now"})
@blueprint.input(PairWishes)
def check_pairs(json_data: PairWishes) -> Response:
    """Check pairs without registering them."""
    rpc.call("contracts.check_pairs", **json_data.model_dump())
    return make_response("", 204)


@blueprint.post("/pairs/release")
@operation("selfcare", 400, 404, 409, 413, 415, 422, parameters=[PARAMETER])
@blueprint.input(ReleaseWishes)
@blueprint.output(PairList)
def release_pairs(json_data: ReleaseWishes) -> Any:
    """Release pairs; the answer is what they were."""
    return rpc.call("contracts.release_pairs", idempotency_key=given_key(), **json_data.model_dump())


@blueprint.post("/pairs/release/check")
@operation("selfcare", 400, 404, 409, 413, 415, 422)
@blueprint.input(ReleaseWishes)
@blueprint.output(PairList)
def check_releases(json_data: ReleaseWishes) -> Any:
    """Check what would be released, without releasing it."""
    return rpc.call("contracts.check_releases", **json_data.model_dump())
