"""The sandbox's memory: one SQLite file, so that clock, mail and network survive a restart."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS clock (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    offset_microseconds INTEGER NOT NULL,
    version INTEGER NOT NULL
);
INSERT OR IGNORE INTO clock VALUES (1, 0, 1);
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    received_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS sims (
    serial TEXT PRIMARY KEY,
    state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS operations (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    operation_id TEXT NOT NULL UNIQUE,
    sim_serial TEXT NOT NULL,
    action TEXT NOT NULL,
    params TEXT NOT NULL,
    sim TEXT NOT NULL,
    done_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS operations_sim ON operations (sim_serial);
CREATE TABLE IF NOT EXISTS operation_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    operation_id TEXT NOT NULL,
    sim_serial TEXT NOT NULL,
    action TEXT NOT NULL,
    at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    fault TEXT
);
CREATE INDEX IF NOT EXISTS operation_requests_operation ON operation_requests (operation_id);
CREATE TABLE IF NOT EXISTS switch_lines (
    phone_number TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    password TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS switch_operations (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    operation_id TEXT NOT NULL UNIQUE,
    phone_number TEXT NOT NULL,
    version INTEGER NOT NULL,
    password TEXT NOT NULL,
    done_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS switch_operations_line ON switch_operations (phone_number);
CREATE TABLE IF NOT EXISTS switch_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    operation_id TEXT NOT NULL,
    phone_number TEXT NOT NULL,
    version INTEGER NOT NULL,
    at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    fault TEXT
);
CREATE INDEX IF NOT EXISTS switch_requests_operation ON switch_requests (operation_id);
CREATE TABLE IF NOT EXISTS provider_key (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    key BLOB NOT NULL
);
INSERT OR IGNORE INTO provider_key VALUES (1, randomblob(32));
CREATE TABLE IF NOT EXISTS provider_objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    behaviour TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS provider_answers (
    key TEXT PRIMARY KEY,
    request_hash TEXT NOT NULL,
    status INTEGER,
    body TEXT
);
CREATE TABLE IF NOT EXISTS provider_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    key TEXT,
    status INTEGER NOT NULL,
    fault TEXT
);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    times INTEGER NOT NULL,
    seconds REAL NOT NULL,
    match TEXT NOT NULL
);
"""


class Store:
    """One connection behind one lock: for tests and demos, order matters more than speed."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside happens at once, or not at all."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
