"""Start a sandbox for a test: the real process, on free ports, with a state directory of the caller."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

START_SECONDS = 30


@dataclass(frozen=True)
class RunningSandbox:
    url: str
    smtp_host: str
    smtp_port: int


@contextmanager
def running_sandbox(state: Path) -> Iterator[RunningSandbox]:
    port, smtp_port = _free_port(), _free_port()
    command = [
        sys.executable,
        "-m",
        "sandbox",
        "--port",
        str(port),
        "--smtp-port",
        str(smtp_port),
        "--state",
        str(state),
    ]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[1])
    sandbox = RunningSandbox(f"http://127.0.0.1:{port}", "127.0.0.1", smtp_port)
    try:
        _wait_until_alive(process, sandbox.url)
        yield sandbox
    finally:
        process.terminate()
        process.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_alive(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the sandbox ended with {process.returncode}; its output says why")
        try:
            if requests.get(f"{url}/livez", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise TimeoutError(f"the sandbox did not answer within {START_SECONDS} s")
