"""The calling sides of the three echoes: each a `run(calls)` that returns when all the right answers have come."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

from kombu import Connection
from nameko.exceptions import UnknownService
from nameko.standalone.rpc import ClusterRpcProxy

from bench.peers import raw_echo
from tests.harness import until

Run = Callable[[int], None]
Call = Callable[[int], Any]
"""Makes one call with a number and returns the number that came back."""


def by_threads(callers: Sequence[Call]) -> Run:
    """Each caller in a thread of its own, with its share of the calls; a single one in the thread that asks."""

    def work(call: Call, share: int) -> None:
        for number in range(share):
            _check(number, call(number))

    def run(calls: int) -> None:
        share = calls // len(callers)
        if len(callers) == 1:
            work(callers[0], share)
            return
        with ThreadPoolExecutor(len(callers)) as pool:
            for done in [pool.submit(work, call, share) for call in callers]:
                done.result()

    return run


@contextmanager
def nameko_callers(amqp_uri: str, count: int) -> Iterator[list[Call]]:
    """One standalone proxy, so one connection, a caller: nameko's are for one thread each."""

    def caller(proxy: Any) -> Call:
        return lambda number: proxy.bench_nameko.echo(number=number)["number"]

    with ExitStack() as stack:
        callers = [
            caller(stack.enter_context(ClusterRpcProxy({"AMQP_URI": amqp_uri}, timeout=30)))
            for _ in range(count)
        ]
        until(lambda: callers[0](1), 30, "nameko's service does not answer", UnknownService)
        yield callers


@contextmanager
def raw_caller(amqp_uri: str) -> Iterator[Callable[[int], Run]]:
    """`at_once -> Run`: so many requests are always under way, on one connection and without threads."""
    with Connection(amqp_uri) as connection:
        channel = connection.channel()
        replies = channel.queue_declare("", exclusive=True, auto_delete=True).queue
        answered: list[Any] = []
        channel.basic_consume(replies, callback=answered.append, no_ack=True)

        def send(number: int, waiting: dict[str, int]) -> None:
            call_id = uuid4().hex
            waiting[call_id] = number
            body = {"args": [], "kwargs": {"number": number}}
            request = raw_echo.message(channel, body, reply_to=replies, correlation_id=call_id)
            channel.basic_publish(request, routing_key=raw_echo.QUEUE)

        def run(calls: int, at_once: int) -> None:
            waiting: dict[str, int] = {}
            numbers = iter(range(calls))
            for _ in range(at_once):
                send(next(numbers), waiting)
            while waiting:
                connection.drain_events(timeout=30)
                for reply in answered:
                    number = json.loads(reply.body)["result"]["number"]
                    _check(waiting.pop(reply.properties["correlation_id"]), number)
                    if (following := next(numbers, None)) is not None:
                        send(following, waiting)
                answered.clear()

        yield lambda at_once: lambda calls: run(calls, at_once)


def _check(sent: int, received: int) -> None:
    if sent != received:
        raise RuntimeError(f"{sent} was sent and {received} came back")
