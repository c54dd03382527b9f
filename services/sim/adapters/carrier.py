"""The carrier network's API for operations on SIMs and share groups, many in one call.

The caller chooses an operation's id. The carrier carries out an id once, however often it is sent, and answers a
repetition like the first request; a lookup tells which ids have been carried out. Operations are independent of each
other, but for those of one SIM or group: what follows one that was not done is not done either.
"""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, Protocol

import eventlet
import requests
from nameko.extensions import DependencyProvider

from chassis.operations import Calls, NoAnswer, code_of

SKIPPED = "carrier.skipped"
UNREADABLE = "unreadable answer"
# The carrier has understood none of a call, because of some operation in it.
_MALFORMED = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)


@dataclass(frozen=True)
class Operation:
    """On a SIM or a share group. `id` is at most one effect at the carrier; the same id always comes with the same
    rest.
    """

    id: str
    action: str
    params: dict[str, Any]
    sim_serial: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        if bool(self.sim_serial) == bool(self.group):
            raise ValueError("an operation is either on a SIM or on a group")

    @property
    def lanes(self) -> set[tuple[str, str]]:
        """The SIMs or the group whose operations keep their order."""
        if self.group:
            return {("group", self.group)}
        serials = (self.sim_serial, self.params.get("new_serial", self.sim_serial))
        return {("sim", serial) for serial in serials}


@dataclass(frozen=True)
class Outcome:
    """`unknown`: not answered, or the carrier cannot do it now. It may be sent again, after asking."""

    operation_id: str
    status: Literal["done", "rejected", "unknown"]
    error: str = ""


class Carrier(Protocol):
    def admitted(self, wanted: int) -> int:
        """How many of `wanted` calls may be begun now."""

    def perform(self, operations: Sequence[Operation], *, ask_first: bool) -> list[Outcome]:
        """Have the operations carried out, with `ask_first` those of which the carrier does not say that they have
        been. The outcomes are in their order.

        After a call without an answer none is begun: the rest is unknown.
        """


class HttpCarrier:
    """`per_second` limits the operations that this process sends; 0 is no limit."""

    def __init__(
        self, url: str, timeout: float, connections: int, bulk_size: int = 500, per_second: int = 0
    ) -> None:
        self._url = f"{url.rstrip('/')}/carrier/operations"
        self._calls = Calls(timeout, connections)
        self._pace = Pace(per_second)
        # a tenth of a second's worth at once, so that the limit is kept in every second
        self._size = min(bulk_size, max(per_second // 10, 1)) if per_second else bulk_size

    def admitted(self, wanted: int) -> int:
        return self._calls.admitted(wanted)

    def perform(self, operations: Sequence[Operation], *, ask_first: bool) -> list[Outcome]:
        outcomes: dict[str, Outcome] = {}
        stopped: set[tuple[str, str]] = set()
        starts = range(0, len(operations), self._size)
        waiting = deque(operations[start : start + self._size] for start in starts)
        reason = SKIPPED
        try:
            while waiting:
                part = waiting.popleft()
                if ask_first:
                    outcomes |= {each: Outcome(each, "done") for each in self._done(part)}
                to_send = _in_order([each for each in part if each.id not in outcomes], stopped)
                if not to_send:
                    continue
                self._pace.wait(len(to_send))
                answer = self._post("bulk", {"operations": [_body(each) for each in to_send]})
                if answer.ok:
                    found = _outcomes(to_send, answer)
                elif answer.status_code not in _MALFORMED:
                    raise NoAnswer(code_of(answer))
                elif len(to_send) == 1:
                    found = [Outcome(to_send[0].id, "rejected", code_of(answer))]
                else:  # one of them must not hold up the others: look for it
                    middle = len(to_send) // 2
                    waiting.extendleft((to_send[middle:], to_send[:middle]))
                    continue
                for operation, outcome in zip(to_send, found, strict=True):
                    outcomes[operation.id] = outcome
                    if outcome.status != "done":
                        stopped |= operation.lanes
        except NoAnswer as error:
            reason = str(error)
        return [outcomes.get(each.id) or Outcome(each.id, "unknown", reason) for each in operations]

    def _done(self, operations: Sequence[Operation]) -> list[str]:
        answer = self._post("lookup", {"operation_ids": [each.id for each in operations]})
        if not answer.ok:
            raise NoAnswer(code_of(answer))
        try:
            return [str(each) for each in answer.json()["done"]]
        except (ValueError, KeyError, TypeError) as error:
            raise NoAnswer(UNREADABLE) from error

    def _post(self, path: str, body: dict[str, Any]) -> requests.Response:
        return self._calls.send("POST", f"{self._url}/{path}", json=body)


class Pace:
    """Spreads operations so that a process sends at most `per_second` of them."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._free_at = 0.0  # monotonic seconds

    def wait(self, count: int) -> None:
        """Return when `count` operations may be sent."""
        if not self._per_second:
            return
        now = time.monotonic()
        begin = max(now, self._free_at)
        self._free_at = begin + count / self._per_second
        eventlet.sleep(begin - now)


def _in_order(operations: Sequence[Operation], stopped: set[tuple[str, str]]) -> list[Operation]:
    """Without those that follow one of their SIM or group that was not done."""
    if not stopped:
        return list(operations)
    return [each for each in operations if stopped.isdisjoint(each.lanes)]


def _body(operation: Operation) -> dict[str, Any]:
    target = {"group": operation.group} if operation.group else {"sim_serial": operation.sim_serial}
    return {
        "operation_id": operation.id,
        "action": operation.action,
        **target,
        "params": operation.params,
    }


def _outcomes(operations: Sequence[Operation], answer: requests.Response) -> list[Outcome]:
    try:
        found = [_outcome(each) for each in answer.json()["results"]]
    except (ValueError, KeyError, TypeError) as error:
        raise NoAnswer(UNREADABLE) from error
    if [each.operation_id for each in found] != [each.id for each in operations]:
        raise NoAnswer(UNREADABLE)
    return found


def _outcome(result: dict[str, str]) -> Outcome:
    match result["status"]:
        case "done":
            return Outcome(result["operation_id"], "done")
        case "rejected":
            return Outcome(result["operation_id"], "rejected", str(result["code"]))
        case status:
            return Outcome(result["operation_id"], "unknown", str(result.get("code", status)))


class CarrierProvider(DependencyProvider):
    """`carrier = CarrierProvider()` gives the service the one Carrier of its process."""

    def setup(self) -> None:
        settings = self.container.config["settings"]
        self._carrier = HttpCarrier(
            settings.carrier_url,
            settings.carrier_timeout_seconds,
            settings.carrier_concurrency,
            settings.carrier_bulk_size,
            settings.carrier_operations_per_second,
        )

    def get_dependency(self, _worker_ctx: Any) -> Carrier:
        return self._carrier
