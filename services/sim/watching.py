"""How late the orders are, for whoever watches over the product."""

from datetime import datetime

from prometheus_client import Gauge
from sqlalchemy import text
from sqlalchemy.orm import Session

_OVERDUE = text(
    "SELECT count(*) FROM orders o JOIN order_items i ON i.order_id = o.id JOIN jobs j ON j.order_item_id = i.id"
    " WHERE o.status IN ('pending', 'in_progress') AND NOT o.by_hand AND o.not_after < :now"
    " AND j.state IN ('waiting', 'started')"
)

_jobs_overdue = Gauge(
    "kaisen_sim_jobs_overdue",
    "Jobs of orders that have not ended although their promised time has passed, all replicas",
)


def watch_jobs(session: Session, now: datetime) -> None:
    """Show in the metrics how many jobs are past the time that was promised for them."""
    _jobs_overdue.set(session.scalar(_OVERDUE, {"now": now}) or 0)
