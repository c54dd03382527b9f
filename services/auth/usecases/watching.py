"""Watching over all accounts together."""

from datetime import timedelta

from sqlalchemy.orm import Session

from chassis import clock
from services.auth import attempt_store
from services.auth.alarm import WINDOW, code_alarm
from services.auth.settings import Settings

_LONGEST_LOGIN = timedelta(days=1)  # no attempt stays open for longer: spares reading the whole table


def watch_codes(session: Session, settings: Settings) -> None:
    """Show in the metrics how many codes were wrong lately, in all replicas together."""
    now = clock.now()
    failures = attempt_store.recent_wrong_codes(session, now - WINDOW, started_after=now - _LONGEST_LOGIN)
    code_alarm.watch(failures, settings.code_alarm_failures)
