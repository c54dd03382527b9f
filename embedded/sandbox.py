"""The sandbox as a child process, and its place under `/sandbox` of the portal's own address."""

import ctypes
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import requests

_PR_SET_PDEATHSIG = 1
_HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "server", "date", "content-length"}


def start(state: Path, host: str, port: int, log: Path) -> subprocess.Popen[bytes]:
    """The running sandbox; it ends with this process, however this one ends."""
    command = [
        sys.executable,
        "-m",
        "sandbox",
        "--host",
        host,
        "--port",
        str(port),
        "--smtp-port",
        str(port + 1),
    ]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*command, "--state", str(state / "sandbox")],
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C at the terminal is ours to handle: the sandbox stops last
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"http://{host}:{port}/livez", timeout=1).ok:
                return process
        except requests.RequestException:
            time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"the sandbox did not start; {log} says why")


def _die_with_parent() -> None:
    ctypes.CDLL("libc.so.6").prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def mounted(application: Callable[..., Any], sandbox_url: str) -> Callable[..., Any]:
    """`application`, with everything under /sandbox handed on to the sandbox."""

    def dispatch(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            # eventlet ends such a body by itself and does not say so; without the word Werkzeug takes it for empty
            environ["wsgi.input_terminated"] = True
        if path != "/sandbox" and not path.startswith("/sandbox/"):
            return application(environ, start_response)  # type: ignore[no-any-return]
        try:
            answer = requests.request(
                environ["REQUEST_METHOD"],
                f"{sandbox_url}{path}?{environ.get('QUERY_STRING', '')}",
                data=environ["wsgi.input"].read(),
                headers={
                    name: environ[key]
                    for name, key in (
                        ("Content-Type", "CONTENT_TYPE"),
                        ("Accept", "HTTP_ACCEPT"),
                        ("Accept-Language", "HTTP_ACCEPT_LANGUAGE"),
                    )
                    if environ.get(key)
                },
                allow_redirects=False,
                timeout=60,
            )
        except requests.RequestException as error:
            start_response("502 Bad Gateway", [("Content-Type", "application/json")])
            return [json.dumps({"error": f"the sandbox does not answer: {type(error).__name__}"}).encode()]
        headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP]
        start_response(f"{answer.status_code} {answer.reason}", headers)
        return [answer.content]

    return dispatch
