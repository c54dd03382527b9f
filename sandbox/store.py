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
CREATE INDEX IF NOT EXISTS sims_group ON sims (json_extract(state, '$.group'))
    WHERE json_extract(state, '$.group') IS NOT NULL;
CREATE TABLE IF NOT EXISTS share_groups (
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS operations (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    operation_id TEXT NOT NULL UNIQUE,
    sim_serial TEXT NOT NULL,
    action TEXT NOT NULL,
    params TEXT NOT NULL,
    sim TEXT NOT NULL,
    done_at TEXT NOT NULL,
    share_group TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS operations_sim ON operations (sim_serial);
CREATE TABLE IF NOT EXISTS operation_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    operation_id TEXT NOT NULL,
    sim_serial TEXT NOT NULL,
    action TEXT NOT NULL,
    at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    fault TEXT,
    share_group TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS operation_requests_operation ON operation_requests (operation_id);
CREATE INDEX IF NOT EXISTS operation_requests_sim ON operation_requests (sim_serial);
CREATE TABLE IF NOT EXISTS smdp_profiles (
    iccid TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    eid TEXT NOT NULL,
    matching_id TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS smdp_profiles_matching ON smdp_profiles (matching_id) WHERE matching_id <> '';
CREATE TABLE IF NOT EXISTS smdp_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    iccid TEXT NOT NULL,
    outcome TEXT NOT NULL,
    fault TEXT
);
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
        # 64 MB: the indexes of several hundred thousand operations stay in memory
        self._connection.execute("PRAGMA cache_size = -64000")
        self._connection.execute("PRAGMA wal_autocheckpoint = 8000")
        self._connection.executescript(SCHEMA)
        for table in ("operations", "operation_requests"):  # of a file that is older than share groups
            names = [row["name"] for row in self._connection.execute(f"PRAGMA table_info({table})")]
            if "share_group" not in names:
                self._connection.execute(
                    f"ALTER TABLE {table} ADD COLUMN share_group TEXT NOT NULL DEFAULT ''"
                )

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
