"""The SIP switch's API for the passwords that lines register with.

The caller chooses an operation's id. The switch carries out an id once, however often it is sent, and answers a
repetition like the first request; `GET` tells whether an id has been carried out. Of one line it takes versions in
ascending order only, so that a request that was long under way never undoes a later one.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from nameko.extensions import DependencyProvider

from chassis.operations import Operations


@dataclass(frozen=True)
class NewPassword:
    """`operation_id` is at most one effect at the switch; the same id always comes with the same rest."""

    operation_id: str
    phone_number: str
    version: int
    password: str = field(repr=False)


class Switch(Protocol):
    def admitted(self, wanted: int) -> int:
        """How many of `wanted` operations may be begun now."""

    def set_password(self, wanted: NewPassword, *, ask_first: bool) -> None:
        """Have the password set, with `ask_first` unless the switch says that it has been.

        Raises chassis.operations.NoAnswer or Rejected.
        """


class HttpSwitch:
    def __init__(self, url: str, timeout: float, connections: int) -> None:
        self._operations = Operations(f"{url.rstrip('/')}/switch/operations", timeout, connections)

    def admitted(self, wanted: int) -> int:
        return self._operations.admitted(wanted)

    def set_password(self, wanted: NewPassword, *, ask_first: bool) -> None:
        self._operations.carry_out(asdict(wanted), ask_first=ask_first)


class SwitchProvider(DependencyProvider):
    """`switch = SwitchProvider()` gives the service the one Switch of its process."""

    def setup(self) -> None:
        settings = self.container.config["settings"]
        self._switch = HttpSwitch(
            settings.switch_url, settings.switch_timeout_seconds, settings.switch_concurrency
        )

    def get_dependency(self, _worker_ctx: Any) -> Switch:
        return self._switch
