"""The audit trail as its tests write and read it."""

from dataclasses import asdict, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from chassis import clock, context
from chassis.context import Caller
from services.auth.audit_chain import START, Anchor, Break, Link, check_end, follow, seal
from services.auth.audit_store import head, links_after, lock_head
from services.auth.models import AuditHead, AuditRecord
from services.auth.settings import Settings
from services.auth.usecases.audit import Actor, Entry, record
from tests.integration.auth.system import System

KEY = "a key of more than thirty-two characters"
SOMEBODY = Actor("an id", "console", "somebody", "TC0000-00001", "192.0.2.7", "a browser")
TELLING: dict[str, Any] = {
    "at": "2026-03-31T14:59:59.999999Z",
    "actor": "an id",
    "kind": "staff",
    "login_id": "operations",
    "customer_code": None,
    "client_ip": "192.0.2.9",
    "action": "file.imported",
    "target": "lines",
    "result": "done",
    "details": {"rows": 3, "created": 2, "updated": 1, "unchanged": 0},
}


def settings_of(system: System) -> Settings:
    names = {name.removeprefix("KAISEN_").lower(): value for name, value in system.env.items()}
    return Settings(**names)  # type: ignore[arg-type]


def add(system: System, entry: Entry) -> None:
    with Session(system.database) as session:
        record(session, settings_of(system), entry)
        session.commit()


def statement(system: System, roles: set[str], customer: str | None = None) -> str:
    """A signed statement of somebody with these roles."""
    kind = "console" if customer else "staff"
    caller = Caller(
        *(str(uuid4()), kind, customer, frozenset(roles), "reader", "ja", "test"),
        authenticated_at=clock.now(),
    )
    return context.sign(caller, system.env["KAISEN_CONTEXT_SIGNING_KEY"])


def as_staff(system: System, method: str = "list_audit", role: str = "support", **asked: Any) -> Any:
    signed = statement(system, {f"staff_{role}", "staff_support"})
    return system.client.call(f"auth.{method}", timeout=20, context=signed, **asked)


def as_customer(system: System, customer: str, **asked: Any) -> Any:
    roles = {"console_viewer", "console_operator", "console_administrator"}
    return system.client.call(
        "auth.list_audit", timeout=10, context=statement(system, roles, customer), **asked
    )


def seqs(answer: Any) -> list[int]:
    return [item["seq"] for item in answer["items"]]


def add_many(system: System, number: int, actor: Actor) -> None:
    """As many records at once, which `add` would take its time for."""
    with Session(system.database) as session:
        last = lock_head(session)
        links = []
        for _ in range(number):
            content = asdict(actor) | {"actor": actor.id, "target": "", "result": "done", "details": {}}
            del content["id"]
            bare = Link(last.seq + 1, clock.now(), action="login.completed", correlation_id="", **content)
            links.append(replace(bare, hash=seal(bare, last.hash, system.env["KAISEN_CODE_PEPPER"])))
            last = Anchor(links[-1].seq, links[-1].hash)
        session.execute(insert(AuditRecord), [asdict(link) for link in links])
        session.execute(update(AuditHead).values(seq=last.seq, hash=last.hash))
        session.commit()


def check(session: Session, key: str, expected: Anchor | None = None) -> Break | None:
    """The first break in the trail that the session sees."""
    walk = follow(links_after(session, 0, 10**6), START, key, expected)
    return walk.broken or check_end(walk.last, head(session), expected)


def first_break(system: System) -> Break | None:
    with Session(system.database) as session:
        return check(session, system.env["KAISEN_CODE_PEPPER"])
