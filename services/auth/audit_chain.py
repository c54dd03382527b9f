"""The chain of the audit trail: each record is sealed together with the seal of the record before it.

The seal is keyed (HMAC-SHA-256): who can write to the database, but does not know the key, cannot make a chain that
holds.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Link:
    """A record with all its columns; `details` are JSON values without fractions, which a database may write anew."""

    seq: int
    at: datetime
    actor: str
    kind: str
    login_id: str
    customer_code: str | None
    client_ip: str
    user_agent: str
    action: str
    target: str
    result: str
    details: dict[str, Any]
    correlation_id: str
    hash: str = ""


@dataclass(frozen=True)
class Anchor:
    """A place in the chain; noted elsewhere, it proves later that everything up to there is still the same."""

    seq: int
    hash: str


START = Anchor(0, "")


class Reason(StrEnum):
    CHANGED = "changed"  # the record, or the one before it, is not the one that was sealed
    REMOVED = "removed"  # the record with this number is not there
    REORDERED = "reordered"  # a record comes again or too late
    HEAD = "head"  # the chain does not end where the end was noted
    ANCHOR = "anchor"  # the expected anchor is not in the chain


@dataclass(frozen=True)
class Break:
    """The first place at which a chain does not hold, and why."""

    seq: int
    reason: Reason


@dataclass(frozen=True)
class Walk:
    """How far a chain was followed: `last` is the last place that holds."""

    checked: int
    last: Anchor
    broken: Break | None


def seal(link: Link, previous: str, key: str) -> str:
    """The hash of a record over all its columns and the hash before, as 64 hexadecimal digits."""
    at = link.at.astimezone(UTC).isoformat(timespec="microseconds")
    content = {**vars(link), "at": at, "hash": previous}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.new(key.encode(), f"audit\0{text}".encode(), hashlib.sha256).hexdigest()


def follow(links: Iterable[Link], after: Anchor, key: str, expected: Anchor | None = None) -> Walk:
    """Follow the chain from `after` until it ends or breaks; `expected` is compared when it comes by."""
    last, checked = after, 0
    for link in links:
        if link.seq != last.seq + 1:
            reason = Reason.REMOVED if link.seq > last.seq + 1 else Reason.REORDERED
            return Walk(checked, last, Break(last.seq + 1, reason))
        if not hmac.compare_digest(link.hash.encode(), seal(link, last.hash, key).encode()):
            return Walk(checked, last, Break(link.seq, Reason.CHANGED))
        if expected is not None and expected.seq == link.seq and expected.hash != link.hash:
            return Walk(checked, last, Break(link.seq, Reason.ANCHOR))
        last, checked = Anchor(link.seq, link.hash), checked + 1
    return Walk(checked, last, None)


def check_end(last: Anchor, head: Anchor, expected: Anchor | None = None) -> Break | None:
    """What is wrong with a chain that holds up to its last record: records may be missing after that one."""
    if last != head:
        return Break(last.seq + 1, Reason.HEAD)
    if expected is not None and expected.seq > last.seq:
        return Break(last.seq + 1, Reason.ANCHOR)
    return None
