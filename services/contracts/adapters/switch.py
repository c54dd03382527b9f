"""The SIP switch's API for the passwords that lines register with.

The caller chooses an operation's id. The switch carries out an id once, however often it is sent, and answers a
repetition like the first request; `GET` tells whether an id has been carried out. Of one line it takes versions in
ascending order only, so that a request that was long under way never undoes a later one.
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

import eventlet
import requests
from nameko.extensions import DependencyProvider
from requests.adapters import HTTPAdapter

from chassis.breaker import Breaker


@dataclass(frozen=True)
class NewPassword:
    """`operation_id` is at most one effect at the switch; the same id always comes with the same rest."""

    operation_id: str
    phone_number: str
    version: int
    password: str = field(repr=False)


class NoAnswer(Exception):
    """The switch did not answer or cannot work now. Whether the password was set is unknown."""


class Rejected(Exception):
    """The switch refuses this operation for good."""


class Switch(Protocol):
    def admitted(self, wanted: int) -> int:
        """How many of `wanted` operations may be begun now."""

    def set_password(self, wanted: NewPassword, *, ask_first: bool) -> None:
        """Have the password set, with `ask_first` unless the switch says that it has been.

        Raises NoAnswer or Rejected.
        """


class HttpSwitch:
    def __init__(self, url: str, timeout: float, connections: int) -> None:
        self._url = f"{url.rstrip('/')}/switch/operations"
        self._timeout = timeout
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=connections))
        self._breaker = Breaker()

    def admitted(self, wanted: int) -> int:
        return self._breaker.admitted(wanted)

    def set_password(self, wanted: NewPassword, *, ask_first: bool) -> None:
        if ask_first and self._is_done(wanted.operation_id):
            return
        body = {
            "operation_id": wanted.operation_id,
            "phone_number": wanted.phone_number,
            "version": wanted.version,
            "password": wanted.password,
        }
        answer = self._send("POST", self._url, json=body)
        if not answer.ok:
            raise Rejected(_code(answer))

    def _is_done(self, operation_id: str) -> bool:
        answer = self._send("GET", f"{self._url}/{operation_id}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return False
        if not answer.ok:
            raise NoAnswer(_code(answer))
        return True

    def _send(self, method: str, url: str, **arguments: Any) -> requests.Response:
        """An answer that says something of the request, within the time-out all in all."""
        try:
            # requests' own time-out is one for each read: a switch that trickles would outlive the lease
            with eventlet.Timeout(self._timeout, NoAnswer("timeout")):
                # a redirection is not followed: it would carry the password elsewhere
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
    """The switch's own name of an error, for our log."""
    try:
        return f"{answer.status_code} {answer.json()['code']}"
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)


class SwitchProvider(DependencyProvider):
    """`switch = SwitchProvider()` gives the service the one Switch of its process."""

    def setup(self) -> None:
        settings = self.container.config["settings"]
        self._switch = HttpSwitch(
            settings.switch_url, settings.switch_timeout_seconds, settings.switch_concurrency
        )

    def get_dependency(self, _worker_ctx: Any) -> Switch:
        return self._switch
