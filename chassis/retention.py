"""Rows that the chassis needs no more are deleted, a few at a time, by whoever may publish the outbox."""

from time import monotonic

from sqlalchemy import Connection, text

from chassis.settings import Settings

_EVERY_SECONDS = 60
_AT_ONCE = 1_000

# what is not told yet, waits for another attempt, or was given up stays
_OUTBOX = text(
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE published_at < now() - make_interval(days => :days)"
    "  ORDER BY published_at LIMIT :at_once)"
)
_INBOX = text(
    "DELETE FROM inbox WHERE (event_id, handler) IN (SELECT event_id, handler FROM inbox"
    " WHERE state = 'done' AND handled_at < now() - make_interval(days => :days) ORDER BY handled_at LIMIT :at_once)"
)
_IDEMPOTENCY = text(
    "DELETE FROM idempotency WHERE (scope, key) IN (SELECT scope, key FROM idempotency"
    " WHERE created_at < now() - make_interval(days => :days) ORDER BY created_at LIMIT :at_once)"
)


class Retention:
    """How long each table's rows are kept is a setting, in days of the database's clock."""

    def __init__(self, settings: Settings) -> None:
        self._days = {
            _OUTBOX: settings.outbox_retention_days,
            _INBOX: settings.inbox_retention_days,
            _IDEMPOTENCY: settings.idempotency_retention_days,
        }
        self._due_at = 0.0

    def is_due(self) -> bool:
        return monotonic() >= self._due_at

    def delete_some(self, connection: Connection) -> bool:
        """A few of each table; whether there may be more, which are due at once. Otherwise it is due after a while."""
        self._due_at = monotonic() + _EVERY_SECONDS  # also if it fails: publishing goes on meanwhile
        deleted = [
            connection.execute(statement, {"days": days, "at_once": _AT_ONCE}).rowcount
            for statement, days in self._days.items()
        ]
        if max(deleted) < _AT_ONCE:
            return False
        self._due_at = 0.0
        return True
