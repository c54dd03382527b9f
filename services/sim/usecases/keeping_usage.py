"""Months of usage records: made before they come, dropped when they are no longer kept."""

from datetime import date

import structlog
from sqlalchemy import func, select, text

from chassis.database import UnitOfWork
from services.sim import usage_store
from services.sim.accounting import next_month
from services.sim.settings import Settings
from services.sim.usage import first_month_kept

log = structlog.get_logger()


def keep_usage(uow: UnitOfWork, settings: Settings, today: date) -> None:
    """Nothing while an import is under way: the next run comes soon enough. The sums by day stay."""
    if not uow.session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtext("sim.import")))):
        return
    uow.session.execute(text("SET LOCAL lock_timeout = '1s'"))  # nobody who reads shall wait behind a drop
    this_month = today.replace(day=1)
    for month in (this_month, next_month(this_month)):
        usage_store.add_month(uow.session, month)
    dropped = usage_store.drop_months(uow.session, first_month_kept(this_month, settings.usage_record_months))
    uow.commit()
    if dropped:
        log.info("months of usage records dropped", partitions=dropped)
