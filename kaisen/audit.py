"""Checks the audit trail through the API, step by step."""

from typing import Any

from kaisen.api import Api

REASONS = {
    "changed": "this record, or the one before it, is not the one that was written",
    "removed": "this record is missing",
    "reordered": "a record comes again here, or too late",
    "head": "the trail does not end here: records are missing, or were added without their seal",
    "anchor": "the expected record is not in the trail: it was cut off, or written anew",
}


def verify(api: Api, expect: str | None) -> tuple[int, str, dict[str, Any] | None]:
    """Check the whole trail: the number of records that hold, the last one as SEQ:HASH, and the first break."""
    checked, last = 0, None
    while True:
        step = api.verify_audit(last, expect)
        checked += step["checked"]
        if step["last_seq"]:
            last = f"{step['last_seq']}:{step['last_hash']}"
        if step["done"]:
            return checked, last or "none", step["first_break"]
