"""API keys: made, listed and revoked by a customer's administrators; looked up at every request of a program.

The secret is made at the gateway and shown there once. Here only its SHA-256 is known, which is enough for 256 random
bits. A key belongs to the customer: it goes on working when the person who made it leaves.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis import clock, context, logs
from chassis.clock import JAPAN, in_japan
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Invalid, NotFound, Unauthenticated
from services.auth import key_store
from services.auth.lifetimes import is_worth_noting
from services.auth.models import ApiKey
from services.auth.portals import Kind, Portal
from services.auth.roles import granted
from services.auth.settings import Settings
from services.auth.usecases import notices
from services.auth.usecases.audit import Actor, Entry, record

log = logs.get_logger()

ROLES = ("viewer", "operator")  # administration asks for a person, who can prove it anew
_NEVER_PROVEN = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class NewKey:
    """What is wanted. `expires_on` is the last day in Japan on which the key works, `hint` the end of its secret."""

    name: str
    role: str
    expires_on: date
    key_hash: str
    hint: str


def create_key(uow: UnitOfWork, settings: Settings, caller: Caller, wanted: NewKey) -> dict[str, Any]:
    """Store a new key of the caller's customer; the item as `list_keys` shows it.

    Raises Invalid("key.role") for a role that keys do not get, Invalid("key.expiry", earliest, latest) for a last day
    before tomorrow or after the longest life (setting).
    """
    now = clock.now()
    earliest, latest = _last_days(settings, now)
    if wanted.role not in ROLES:
        raise Invalid("key.role")
    if not earliest <= wanted.expires_on <= latest:
        raise Invalid("key.expiry", earliest=earliest.isoformat(), latest=latest.isoformat())
    key = ApiKey(
        id=uuid4(),
        customer_code=_customer(caller),
        name=wanted.name,
        role=wanted.role,
        key_hash=wanted.key_hash,
        hint=wanted.hint,
        created_by=caller.login_id,
        created_at=now,
        expires_at=datetime.combine(wanted.expires_on + timedelta(days=1), time(), JAPAN),
    )
    uow.session.add(key)
    uow.session.flush()
    notices.key_created(uow.session, settings, key.customer_code, key.name)
    _record(uow, settings, caller, key, "key.created")
    uow.commit()
    log.info("key created", key=str(key.id), by=caller.subject)
    return _item(key, now)


def list_keys(uow: UnitOfWork, settings: Settings, caller: Caller) -> dict[str, Any]:
    """The customer's keys, the newest first, as {"items": [{"id", "name", "role", "hint", "state", "created_by",
    "created_at", "expires_on", "last_used_at", "revoked_at"}], "earliest": date, "latest": date}: `state` is active,
    expired or revoked; a new key may have its last day from `earliest` to `latest`.
    """
    now = clock.now()
    earliest, latest = _last_days(settings, now)
    items = [_item(key, now) for key in key_store.keys_of(uow.session, _customer(caller))]
    return {"items": items, "earliest": earliest, "latest": latest}


def revoke_key(uow: UnitOfWork, settings: Settings, caller: Caller, key_id: str) -> dict[str, Any]:
    """End a key at once, everywhere; the item. Revoking it again changes nothing.

    Raises NotFound("key.unknown"), also for another customer's key.
    """
    named = _as_uuid(key_id)
    key = key_store.lock_key(uow.session, _customer(caller), named) if named else None
    if key is None:
        raise NotFound("key.unknown")
    now = clock.now()
    if key.revoked_at is None:
        key.revoked_at = now
        _record(uow, settings, caller, key, "key.revoked")
        uow.commit()
        log.info("key revoked", key=str(key.id), by=caller.subject)
    return _item(key, now)


def resolve_key(
    uow: UnitOfWork, settings: Settings, key_hash: str, language: str, client_ip: str, correlation_id: str
) -> dict[str, Any]:
    """Who is behind a key, in the shape of `sessions.resolve`.

    The context has the kind "key" and the console roles of the key, not those that only a person has; nobody has ever
    proved anything. Raises Unauthenticated("session.unknown") for a key that never was, has expired or was revoked.
    """
    found = key_store.key_by_hash(uow.session, key_hash)
    now = clock.now()
    if found is None or _state(found[0], now) != "active":
        raise Unauthenticated("session.unknown")
    key, customer_name = found
    roles = granted(Kind.CONSOLE, key.role)
    caller = Caller(
        subject=str(key.id),
        kind="key",
        customer=key.customer_code,
        roles=roles,
        login_id=f"key:{key.name}",
        language=language,
        correlation_id=correlation_id,
        authenticated_at=_NEVER_PROVEN,
        client_ip=client_ip,
    )
    if key.last_used_at is None or is_worth_noting(key.last_used_at, now):
        key_store.note_use(uow.session, key.id, key.last_used_at, now)
        uow.commit()
    return {
        "context": context.sign(caller, settings.context_signing_key),
        "account": {
            "login_id": caller.login_id,
            "kind": Kind.CONSOLE,
            "portal": Portal.CONSOLE,
            "customer_code": caller.customer,
            "customer_name": customer_name,
            "roles": sorted(roles),
            "expires_at": key.expires_at,
            "language": language,
        },
    }


def _last_days(settings: Settings, now: datetime) -> tuple[date, date]:
    """The earliest and the latest last day of a key made at `now`."""
    today = in_japan(now).date()
    return today + timedelta(days=1), today + timedelta(days=settings.api_key_longest_days)


def _record(uow: UnitOfWork, settings: Settings, caller: Caller, key: ApiKey, action: str) -> None:
    details = {
        "id": str(key.id),
        "hint": key.hint,
        "role": key.role,
        "expires_on": _last_day(key).isoformat(),
    }
    record(
        uow.session,
        settings,
        Entry(action=action, actor=Actor.of_caller(caller), target=key.name, details=details),
    )


def _item(key: ApiKey, now: datetime) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "hint": key.hint,
        "state": _state(key, now),
        "created_by": key.created_by,
        "created_at": key.created_at,
        "expires_on": _last_day(key),
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "active" if now < key.expires_at else "expired"


def _last_day(key: ApiKey) -> date:
    return in_japan(key.expires_at).date() - timedelta(days=1)


def _customer(caller: Caller) -> str:
    assert caller.customer is not None, "console accounts have a customer"
    return caller.customer


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
