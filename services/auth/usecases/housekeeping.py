"""Forgetting what nobody needs any more."""

from datetime import timedelta

from chassis import clock
from chassis.database import UnitOfWork
from services.auth import store
from services.auth.portals import Kind
from services.auth.settings import Settings


def forget(uow: UnitOfWork, settings: Settings) -> None:
    """Delete login attempts past their retention, and sessions that are over whatever their kind."""
    now = clock.now()
    longest = max(settings.lifetime(kind).absolute for kind in Kind)
    store.delete_attempts_before(uow.session, now - timedelta(days=settings.attempt_retention_days))
    store.delete_sessions_before(uow.session, now - longest)
    uow.commit()
