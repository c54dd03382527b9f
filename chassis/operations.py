"""Operations on a system outside that carries out an id once, however often it is sent.

The caller chooses an operation's id. A repetition is answered like the first request, and `GET` tells whether an id has
been carried out.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import eventlet
import requests
from requests.adapters import HTTPAdapter

from chassis.breaker import Breaker


class NoAnswer(Exception):
    """The system did not answer or cannot work now. Whether the operation was carried out is unknown."""


class Rejected(Exception):
    """The system refuses this operation for good."""


class Calls:
    """HTTP calls to one system. `timeout` (seconds) bounds a call all in all; `connections` are kept open."""

    def __init__(self, timeout: float, connections: int) -> None:
        self._timeout = timeout
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=connections))
        self._breaker = Breaker()

    def admitted(self, wanted: int) -> int:
        """How many of `wanted` calls may be begun now."""
        return self._breaker.admitted(wanted)

    def send(self, method: str, url: str, **arguments: Any) -> requests.Response:
        """An answer that says something of the request. Raises NoAnswer."""
        try:
            # requests' own time-out is one for each read: a system that trickles would outlive the lease
            with eventlet.Timeout(self._timeout, NoAnswer("timeout")):
                # A redirection is not followed: it would become a GET, whose answer says nothing of the operation, or
                # carry what is secret in it elsewhere.
                answer = self._session.request(
                    method, url, timeout=self._timeout, allow_redirects=False, **arguments
                )
            if answer.status_code // 100 in (3, 5) or answer.status_code in (
                HTTPStatus.REQUEST_TIMEOUT,
                HTTPStatus.TOO_MANY_REQUESTS,
            ):
                raise NoAnswer(code_of(answer))
        except requests.RequestException as error:
            self._breaker.failed()
            raise NoAnswer(type(error).__name__) from error
        except NoAnswer:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return answer


class Operations:
    """Those at `url`, one a call."""

    def __init__(self, url: str, timeout: float, connections: int) -> None:
        self._url = url
        self._calls = Calls(timeout, connections)

    def admitted(self, wanted: int) -> int:
        """How many of `wanted` operations may be begun now."""
        return self._calls.admitted(wanted)

    def carry_out(self, body: Mapping[str, Any], *, ask_first: bool) -> None:
        """Have the operation in `body["operation_id"]` carried out, with `ask_first` unless the system says that it has
        been. Raises NoAnswer or Rejected.
        """
        if ask_first and self._is_done(body["operation_id"]):
            return
        answer = self._calls.send("POST", self._url, json=body)
        if not answer.ok:
            raise Rejected(code_of(answer))

    def _is_done(self, operation_id: str) -> bool:
        answer = self._calls.send("GET", f"{self._url}/{operation_id}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return False
        if not answer.ok:
            raise NoAnswer(code_of(answer))
        return True


def code_of(answer: requests.Response) -> str:
    """The system's own name of an error, for our log."""
    try:
        return f"{answer.status_code} {answer.json()['code']}"
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)
