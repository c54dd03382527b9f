"""The three tables that the chassis keeps in every service's database.

outbox: facts that the service has stored, told or to be told (transactional outbox); `retry_at` is set while the
    broker refuses one.
inbox: events that reached a handler: done (de-duplication), waiting (to be tried again), dead (given up).
idempotency: answers to requests that carried a key.
"""

from typing import Any

_CREATE = (
    """CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id uuid NOT NULL UNIQUE,
        type text NOT NULL,
        payload jsonb NOT NULL,
        public boolean NOT NULL,
        correlation_id text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        published_at timestamptz
    )""",
    "CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL",
    """CREATE TABLE inbox (
        event_id uuid NOT NULL,
        handler text NOT NULL,
        type text NOT NULL,
        state text NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
        body text NOT NULL,
        properties jsonb NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz,
        error text,
        received_at timestamptz NOT NULL DEFAULT now(),
        handled_at timestamptz,
        PRIMARY KEY (event_id, handler)
    )""",
    "CREATE INDEX inbox_waiting ON inbox (handler, next_attempt_at) WHERE state = 'waiting'",
    "CREATE INDEX inbox_dead ON inbox (received_at) WHERE state = 'dead'",
    """CREATE TABLE idempotency (
        scope text NOT NULL,
        key text NOT NULL,
        request_hash text NOT NULL,
        response jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (scope, key)
    )""",
)

_LET_FACTS_WAIT_AND_END = (
    "ALTER TABLE outbox ADD COLUMN attempts integer NOT NULL DEFAULT 0, ADD COLUMN retry_at timestamptz",
    "DROP INDEX outbox_unpublished",
    "CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL AND retry_at IS NULL",
    "CREATE INDEX outbox_refused ON outbox (retry_at, id) WHERE published_at IS NULL AND retry_at IS NOT NULL",
    "CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL",
    "CREATE INDEX inbox_done ON inbox (handled_at) WHERE state = 'done'",
    "CREATE INDEX idempotency_by_age ON idempotency (created_at)",
)


def create(op: Any) -> None:
    """Create them, in a service's first migration, through its `alembic.op`. Frozen: a later change gets a function of
    its own.
    """
    for statement in _CREATE:
        op.execute(statement)


def let_facts_wait_and_end(op: Any) -> None:
    """The outbox passes over facts that the broker refuses, and old rows of all three are found. Frozen, too."""
    for statement in _LET_FACTS_WAIT_AND_END:
        op.execute(statement)
