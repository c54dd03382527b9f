"""The audit trail: a chain of records, each of which seals all that came before it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from pydantic_core import to_jsonable_python
from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from chassis import clock
from chassis.context import Caller
from services.auth import audit_store
from services.auth.audit_chain import Link, seal
from services.auth.consumed import Audited
from services.auth.models import Account
from services.auth.settings import Settings


@dataclass(frozen=True)
class Actor:
    """Who acts, and from where; everything is empty for somebody unknown."""

    id: str = ""
    kind: str = ""
    login_id: str = ""
    customer_code: str | None = None
    client_ip: str = ""
    user_agent: str = ""

    @classmethod
    def of_caller(cls, caller: Caller) -> Self:
        return cls(caller.subject, caller.kind, caller.login_id, caller.customer, caller.client_ip)

    @classmethod
    def of_account(cls, account: Account | None, client_ip: str, user_agent: str) -> Self:
        """The owner of an account that is logging in; None: an unknown one."""
        if account is None:
            return cls(client_ip=client_ip, user_agent=user_agent)
        return cls(
            str(account.id), account.kind, account.login_id, account.customer_code, client_ip, user_agent
        )


@dataclass(frozen=True)
class Entry:
    """What was done: `action` as `subject.verb` (`account.created`), `target` what it was done to, `result` `done` or
    the reason of a refusal, `details` what else there is to know (JSON values without fractions). `customer_code` is
    whose trail it belongs to, where that is not the actor's own customer.
    """

    action: str
    actor: Actor
    target: str = ""
    result: str = "done"
    customer_code: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def record(session: Session, settings: Settings, entry: Entry) -> None:
    """Add a record within the caller's transaction, as its last statement: until the commit nobody else can add one."""
    head = audit_store.lock_head(session)
    link = Link(
        seq=head.seq + 1,
        at=entry.at or clock.now(),
        actor=entry.actor.id,
        kind=entry.actor.kind,
        login_id=entry.actor.login_id,
        customer_code=entry.customer_code or entry.actor.customer_code,
        client_ip=entry.actor.client_ip,
        user_agent=entry.actor.user_agent,
        action=entry.action,
        target=entry.target,
        result=entry.result,
        details=to_jsonable_python(entry.details),
        correlation_id=get_contextvars().get("correlation_id", ""),
    )
    audit_store.append(session, replace(link, hash=seal(link, head.hash, settings.code_pepper)))


def record_told(session: Session, settings: Settings, fact: Audited) -> None:
    """Add what another service has told, as of the time when it was done there."""
    actor = Actor(fact.actor, fact.kind, fact.login_id, client_ip=fact.client_ip)
    record(
        session,
        settings,
        Entry(fact.action, actor, fact.target, fact.result, fact.customer_code, fact.details, fact.at),
    )
