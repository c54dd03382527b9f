"""Forgetting what nobody needs any more."""

from datetime import timedelta

from chassis import clock
from chassis.database import UnitOfWork
from services.auth import attempt_store, factor_store, session_store
from services.auth.portals import Kind
from services.auth.settings import Settings


def forget(uow: UnitOfWork, settings: Settings) -> None:
    """Delete login attempts past their retention, sessions that are over whatever their kind, challenges that nobody
    can answer any more, and notes of mailed codes that count no more.
    """
    now = clock.now()
    longest = max(settings.lifetime(kind).absolute for kind in Kind)
    attempt_store.delete_attempts_before(uow.session, now - timedelta(days=settings.attempt_retention_days))
    session_store.delete_before(uow.session, now - longest)
    factor_store.delete_challenges_before(uow.session, now)
    counted = max(cap.window for cap in settings.code_mail_caps())
    attempt_store.delete_code_mails_before(uow.session, now - counted)
    uow.commit()
