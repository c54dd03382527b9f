"""Jobs that do nothing, executed by one procrastinate worker.

It is as fast as its options make it: more jobs at once than these few are slower, and its connections commit by
themselves.

`python -m bench.peers.procrastinate_jobs COUNT` prints the seconds from the worker's start to its last job's end. The
empty database is KAISEN_DATABASE_URL, as a libpq URL.
"""

import asyncio
import logging
import os
import sys
from time import perf_counter

from procrastinate import App, PsycopgConnector
from procrastinate.types import JSONDict
from psycopg import AsyncConnection

CONCURRENCY = 5
_DEFERRED_AT_ONCE = 1_000


async def nothing(number: int) -> None:
    """The work of a job."""


async def _commit_by_itself(connection: AsyncConnection) -> None:
    await connection.set_autocommit(True)


async def measure(count: int) -> float:
    connector = PsycopgConnector(
        conninfo=os.environ["KAISEN_DATABASE_URL"],
        min_size=CONCURRENCY,
        max_size=CONCURRENCY,
        configure=_commit_by_itself,
    )
    app = App(connector=connector)
    task = app.task(name="nothing")(nothing)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for first in range(0, count, _DEFERRED_AT_ONCE):
            jobs: list[JSONDict] = [
                {"number": number} for number in range(first, min(first + _DEFERRED_AT_ONCE, count))
            ]
            await task.batch_defer_async(*jobs)
        started = perf_counter()
        await app.run_worker_async(wait=False, concurrency=CONCURRENCY, install_signal_handlers=False)
        seconds = perf_counter() - started
        done = await connector.execute_query_one_async(
            "SELECT count(*) AS jobs FROM procrastinate_jobs WHERE status = 'succeeded'"
        )
        assert done["jobs"] == count, f"{done['jobs']} of {count} jobs done"
    return seconds


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # that the app is made here, and each job's start and end
    print(asyncio.run(measure(int(sys.argv[1]))))
