"""The database's own rate at the least that exactly-once work needs of it: claim, update, insert."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine

from tests.harness import make_database

ONE_BY_ONE = "PostgreSQL, claim + update + insert"
BATCH = 200
BATCHES = f"PostgreSQL, the same, {BATCH} in a transaction"


@contextmanager
def transactions(server_url: str, count: int) -> Iterator[Callable[[int, int], None]]:
    """`work(times, batch)` does so many pieces of work, of `count` at most in all, `batch` in each transaction."""
    engine = create_engine(make_database(server_url, "bench_transactions"))
    connection = engine.raw_connection()  # the driver alone: no cost of ours in the limit
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE work (id bigint PRIMARY KEY, state text NOT NULL)")
    cursor.execute("CREATE INDEX work_waiting ON work (id) WHERE state = 'waiting'")
    cursor.execute("CREATE TABLE effects (work_id bigint PRIMARY KEY, amount bigint NOT NULL)")
    cursor.execute("INSERT INTO work SELECT id, 'waiting' FROM generate_series(1, %s) AS id", [count])
    connection.commit()

    def work(times: int, batch: int) -> None:
        for _ in range(times // batch):
            cursor.execute(
                "SELECT id FROM work WHERE state = 'waiting' ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
                [batch],
            )
            claimed = [[row[0] for row in cursor.fetchall()]]
            cursor.execute("UPDATE work SET state = 'done' WHERE id = ANY(%s)", claimed)
            cursor.execute("INSERT INTO effects SELECT unnest(%s), 1000000000", claimed)
            connection.commit()

    try:
        yield work
    finally:
        connection.close()
        engine.dispose()
