"""The carrier network's API for operations on SIMs.

The caller chooses an operation's id. The carrier carries out an id once, however often it is sent, and answers a
repetition like the first request; `GET` tells whether an id has been carried out.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import eventlet
import requests
from nameko.extensions import DependencyProvider
from requests.adapters import HTTPAdapter

from chassis.breaker import Breaker


@dataclass(frozen=True)
class Operation:
    """`id` is at most one effect at the carrier; the same id always comes with the same rest."""

    id: str
    action: str
    sim_serial: str
    params: dict[str, Any]


class NoAnswer(Exception):
    """The carrier did not answer or cannot work now. Whether the operation was carried out is unknown."""


class Rejected(Exception):
    """The carrier refuses this operation for good."""


class Carrier(Protocol):
    def admitted(self, wanted: int) -> int:
        """How many of `wanted` operations may be begun now."""

    def perform(self, operation: Operation, *, ask_first: bool) -> None:
        """Have the operation carried out, with `ask_first` unless the carrier says that it has been.

        Raises NoAnswer or Rejected.
        """


class HttpCarrier:
    def __init__(self, url: str, timeout: float, connections: int) -> None:
        self._url = f"{url.rstrip('/')}/carrier/operations"
        self._timeout = timeout
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=connections))
        self._breaker = Breaker()

    def admitted(self, wanted: int) -> int:
        return self._breaker.admitted(wanted)

    def perform(self, operation: Operation, *, ask_first: bool) -> None:
        if ask_first and self._is_done(operation):
            return
        body = {
            "operation_id": operation.id,
            "action": operation.action,
            "sim_serial": operation.sim_serial,
            "params": operation.params,
        }
        answer = self._send("POST", self._url, json=body)
        if not answer.ok:
            raise Rejected(_code(answer))

    def _is_done(self, operation: Operation) -> bool:
        answer = self._send("GET", f"{self._url}/{operation.id}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return False
        if not answer.ok:
            raise NoAnswer(_code(answer))
        return True

    def _send(self, method: str, url: str, **arguments: Any) -> requests.Response:
        """An answer that says something of the request, within the time-out all in all."""
        try:
            # requests' own time-out is one for each read: a carrier that trickles would outlive the lease
            with eventlet.Timeout(self._timeout, NoAnswer("timeout")):
                # a redirection is not followed: it would become a GET, whose answer says nothing of the operation
                answer = self._session.request(
                    method, url, timeout=self._timeout, allow_redirects=False, **arguments
                )
            if answer.status_code // 100 in (3, 5) or answer.status_code in (
                HTTPStatus.REQUEST_TIMEOUT,
                HTTPStatus.TOO_MANY_REQUESTS,
            ):
                raise NoAnswer(_code(answer))
        except requests.RequestException as error:
            self._breaker.failed()
            raise NoAnswer(type(error).__name__) from error
        except NoAnswer:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return answer


def _code(answer: requests.Response) -> str:
    """The carrier's own name of an error, for our log."""
    try:
        return f"{answer.status_code} {answer.json()['code']}"
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)


class CarrierProvider(DependencyProvider):
    """`carrier = CarrierProvider()` gives the service the one Carrier of its process."""

    def setup(self) -> None:
        settings = self.container.config["settings"]
        self._carrier = HttpCarrier(
            settings.carrier_url, settings.carrier_timeout_seconds, settings.carrier_concurrency
        )

    def get_dependency(self, _worker_ctx: Any) -> Carrier:
        return self._carrier
