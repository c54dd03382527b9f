"""What tests share: waiting with a deadline, ports, databases, processes that never outlive the test run."""

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import requests
from sqlalchemy import create_engine, make_url, text

ROOT = Path(__file__).resolve().parent.parent

T = TypeVar("T")


def until(
    condition: Callable[[], T],
    timeout: float = 10,
    message: str | Callable[[], str] = "the condition did not come true",
    ignore: type[Exception] | tuple[type[Exception], ...] = (),
) -> T:
    """The first true value of `condition`, asked again and again for `timeout` seconds; then AssertionError.

    This is the only place in the tests that sleeps. Exceptions of the kinds in `ignore` count as "not yet".
    """
    deadline = time.monotonic() + timeout
    pause = 0.005
    while True:
        seen: object
        try:
            value = condition()
            if value:
                return value
            seen = value
        except ignore as error:
            seen = error
        if time.monotonic() > deadline:
            said = message if isinstance(message, str) else message()
            raise AssertionError(f"{said} (waited {timeout:g} s; last: {seen!r})")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on.

    From below the range that the kernel takes for outgoing connections, so that none of them is on it by the time that
    the server starts, or starts again.
    """
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def listening(port: int) -> bool:
    """Whether somebody listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def make_database(server_url: str, name: str) -> str:
    """The SQLAlchemy URL of a new, empty database `test_<name>`, which replaces an older one of that name."""
    url = make_url(server_url).set(drivername="postgresql+psycopg2")
    database = f"test_{name}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            quoted = engine.dialect.identifier_preparer.quote(database)
            connection.execute(text(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {quoted}"))
    finally:
        engine.dispose()
    return url.set(database=database).render_as_string(hide_password=False)


def leashed(command: Sequence[str | Path], user: str | None = None) -> list[str]:
    """The command, changed so that the kernel ends it when this process is gone; for root, run as `user`."""
    other = [f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
    return ["setpriv", *other, "--pdeathsig=KILL", "--", *map(str, command)]


class Process:
    """A process under test, or one that the tests need.

    It gets this process's environment without its KAISEN_ variables, and `env`. Its output goes to the file
    `log`. `start` returns when `ready` is true: a URL that answers 200 (http://127.0.0.1:PORT/readyz), or a
    function. A process that ends early, or does not get ready, is an AssertionError with the end of its log.

    Use it as a context manager, or call `start` and `stop`; after `stop` it can be started again.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        log: Path,
        ready: str | Callable[[], bool] | None = None,
        user: str | None = None,
    ) -> None:
        self.command = leashed(command, user)
        self.env = {
            name: value for name, value in os.environ.items() if not name.startswith("KAISEN_")
        } | dict(env)
        self.log = log
        self._ready = (lambda: requests.get(ready, timeout=2).ok) if isinstance(ready, str) else ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._started.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, timeout: float = 30) -> Self:
        assert not self.running, "already running"
        with self.log.open("ab") as output:
            # a session of its own: Ctrl-C in a terminal reaches pytest alone, which stops the others in order
            self._process = subprocess.Popen(
                self.command,
                env=self.env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if self._ready:
            try:
                until(self._ready_now, timeout, lambda: f"not ready:\n{self.tail()}", OSError)
            except BaseException:
                self.kill()
                raise
        return self

    def stop(self, timeout: float = 20, how: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal; the exit code. One that does not end in time is killed: an AssertionError."""
        self._started.send_signal(how)
        try:
            return self._started.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running {timeout:g} s after {how.name}:\n{self.tail()}") from None

    def kill(self) -> None:
        """SIGKILL: the crash of a process."""
        self._started.kill()
        self._started.wait()

    def output(self) -> str:
        """All that the process has written so far, in this and earlier starts."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines: int = 25) -> str:
        return "\n".join([" ".join(self.command), *self.output().splitlines()[-lines:]])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self.running:
            self.stop()

    @property
    def _started(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "not started"
        return self._process

    def _ready_now(self) -> bool:
        assert self.running, f"ended by itself:\n{self.tail()}"
        assert self._ready is not None
        return self._ready()
