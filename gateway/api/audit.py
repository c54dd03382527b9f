"""The audit trail: search it, take it as a file, check that it is whole."""

import json
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field, StringConstraints

from chassis.clock import in_japan
from gateway import rpc
from gateway.api import csv_file
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Day, Input, Limit, Text, example
from gateway.texts.audit import COLUMNS

blueprint = APIBlueprint(
    "api_audit",
    __name__,
    tag={
        "name": "Audit",
        "description": "Who did what: for administrators of the console that of their customer, for staff everything.",
    },
)

_CHUNK = 2_000  # records a call
_HASH = "7c2f" * 16
_RECORD = {
    "seq": 4711,
    "at": "2026-03-11T12:00:00.123456+09:00",
    "kind": "console",
    "login_id": "minato-admin",
    "customer_code": "TC1000-00009",
    "client_ip": "192.0.2.10",
    "user_agent": "Mozilla/5.0",
    "action": "account.created",
    "target": "sato.hanako",
    "result": "done",
    "details": {"role": "operator"},
    "correlation_id": "5f1d3f0f5c0b4b0e8a58a9e7f0b6c1d2",
}

LoginId = Annotated[
    str,
    StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"),
    Field(description="exactly this one"),
]
Place = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}:[0-9a-f]{64}$")]


class AuditRecord(Answer):
    """What somebody did, or tried to do."""

    model_config = example(_RECORD)

    seq: int = Field(description="number in the whole trail; those between are other customers'")
    at: datetime
    kind: str = Field(description="`console`, `staff` or `selfcare`; empty: nobody known")
    login_id: str
    customer_code: str | None = Field(description="whose trail it belongs to")
    client_ip: str = Field(description="empty for staff, where a customer reads")
    user_agent: str = Field(description="of a login; empty otherwise")
    action: str = Field(description="`subject.verb`")
    target: str = Field(description="what it was done to")
    result: str = Field(description="`done`, or why it was refused")
    details: dict[str, Any]
    correlation_id: str = Field(description="names the request in the logs")


class AuditPage(Answer):
    total: int
    total_is_exact: bool = Field(description="false: there are `total` or more")
    items: list[AuditRecord] = Field(description="newest first")
    next_cursor: str | None


class AuditFilter(Input):
    """Conditions that a record must all meet."""

    customer_code: Annotated[Text | None, Field(description="for staff; others see their own customer's")] = (
        None
    )
    login_id: LoginId | None = None
    action: Annotated[
        Text | None, Field(description="an action or the beginning of one", examples=["account."])
    ] = None
    since: Annotated[Day | None, Field(description="on this day in Japan or later")] = None
    until: Annotated[Day | None, Field(description="on this day in Japan or before")] = None


class AuditPageQuery(AuditFilter):
    cursor: Cursor = None
    limit: Limit = 50


class AuditFileQuery(AuditFilter):
    encoding: Annotated[csv_file.Encoding, Field(description=csv_file.ENCODING)] = "utf-8"


class AuditBreak(Answer):
    """The first place at which the trail is not as it was written."""

    model_config = example({"seq": 4711, "reason": "changed"})

    seq: int
    reason: Literal["changed", "removed", "reordered", "head", "anchor"] = Field(
        description=(
            "the record was changed, is missing, or comes again; `head`: records are missing or were added at the end; "
            "`anchor`: the expected place is not in the trail"
        )
    )


class AuditVerification(Answer):
    """How far the trail was checked. `last_seq` and `last_hash` are worth noting elsewhere."""

    model_config = example(
        {"checked": 10000, "last_seq": 10000, "last_hash": _HASH, "done": False, "first_break": None}
    )

    checked: int = Field(description="records that hold")
    last_seq: int = Field(description="the last of them")
    last_hash: str
    done: bool = Field(description="false: go on with `after`")
    first_break: AuditBreak | None


class VerificationQuery(Input):
    """Places are written `SEQ:HASH`."""

    after: Annotated[Place | None, Field(description="go on behind this place")] = None
    expect: Annotated[Place | None, Field(description="a place noted earlier, that must be in the trail")] = (
        None
    )


@blueprint.get("/audit")
@operation("any", 422)
@blueprint.input(AuditPageQuery, location="query")
@blueprint.output(AuditPage)
def list_audit(query_data: AuditPageQuery) -> Any:
    """Search the audit trail."""
    return rpc.call("auth.list_audit", **query_data.model_dump(mode="json"))


@blueprint.get("/audit.csv")
@operation("any", 422, 429, answers=csv_file.ANSWER)
@blueprint.input(AuditFileQuery, location="query")
def download_audit(query_data: AuditFileQuery) -> Response:
    """Download the audit trail as CSV."""
    fetch = partial(_fetch, query_data.model_dump(mode="json", exclude={"encoding"}))
    return csv_file.download("audit", COLUMNS, fetch(None), fetch, query_data.encoding)


@blueprint.get("/audit/verification")
@operation("staff", 422)
@blueprint.input(VerificationQuery, location="query")
@blueprint.output(AuditVerification)
def verify_audit(query_data: VerificationQuery) -> Any:
    """Check some records of the audit trail.

    For administrators of staff. Begin without `after`, then go on with `last_seq` and `last_hash` until it is done.
    """
    return rpc.call(
        "auth.verify_audit", **_place("after", query_data.after), **_place("expect", query_data.expect)
    )


def _place(name: str, text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    seq, _, digest = text.partition(":")
    return {f"{name}_seq": int(seq), f"{name}_hash": digest}


def _fetch(search: dict[str, Any], cursor: str | None) -> csv_file.Chunk:
    found: csv_file.Chunk = rpc.call("auth.export_audit", **search, cursor=cursor, limit=_CHUNK)
    return found | {"items": [_flat(item) for item in found["items"]]}


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    """A record as cells of a table."""
    at = in_japan(datetime.fromisoformat(item["at"]))
    details = json.dumps(item["details"], ensure_ascii=False) if item["details"] else ""
    return item | {"at": f"{at:%Y-%m-%d %H:%M:%S}", "details": details}
