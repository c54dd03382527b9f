"""Months of call records: made before they come, dropped when they are no longer kept."""

import structlog
from sqlalchemy import func, select, text

from chassis import clock
from chassis.database import UnitOfWork
from services.contracts import call_store as store
from services.contracts.calling import first_month_kept, first_of, month_after
from services.contracts.settings import Settings
from services.contracts.usecases.importing import LOCK

log = structlog.get_logger()


def keep_calls(uow: UnitOfWork, settings: Settings) -> None:
    """Nothing while an import is under way: the next run comes soon enough."""
    if not uow.session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
        return
    uow.session.execute(text("SET LOCAL lock_timeout = '1s'"))  # nobody who reads shall wait behind a drop
    today = clock.today()
    this_month = first_of(today)
    for month in (this_month, month_after(this_month)):
        store.add_month(uow.session, month)
    dropped = store.drop_months(uow.session, first_month_kept(today, settings.call_months_kept))
    uow.commit()
    if dropped:
        log.info("months of calls dropped", partitions=dropped)
