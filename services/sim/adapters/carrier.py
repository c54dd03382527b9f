"""The carrier network's API for operations on SIMs.

The caller chooses an operation's id. The carrier carries out an id once, however often it is sent, and answers a
repetition like the first request; `GET` tells whether an id has been carried out.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from nameko.extensions import DependencyProvider

from chassis.operations import Operations


@dataclass(frozen=True)
class Operation:
    """`id` is at most one effect at the carrier; the same id always comes with the same rest."""

    id: str
    action: str
    sim_serial: str
    params: dict[str, Any]


class Carrier(Protocol):
    def admitted(self, wanted: int) -> int:
        """How many of `wanted` operations may be begun now."""

    def perform(self, operation: Operation, *, ask_first: bool) -> None:
        """Have the operation carried out, with `ask_first` unless the carrier says that it has been.

        Raises chassis.operations.NoAnswer or Rejected.
        """


class HttpCarrier:
    def __init__(self, url: str, timeout: float, connections: int) -> None:
        self._operations = Operations(f"{url.rstrip('/')}/carrier/operations", timeout, connections)

    def admitted(self, wanted: int) -> int:
        return self._operations.admitted(wanted)

    def perform(self, operation: Operation, *, ask_first: bool) -> None:
        body = {
            "operation_id": operation.id,
            "action": operation.action,
            "sim_serial": operation.sim_serial,
            "params": operation.params,
        }
        self._operations.carry_out(body, ask_first=ask_first)


class CarrierProvider(DependencyProvider):
    """`carrier = CarrierProvider()` gives the service the one Carrier of its process."""

    def setup(self) -> None:
        settings = self.container.config["settings"]
        self._carrier = HttpCarrier(
            settings.carrier_url, settings.carrier_timeout_seconds, settings.carrier_concurrency
        )

    def get_dependency(self, _worker_ctx: Any) -> Carrier:
        return self._carrier
