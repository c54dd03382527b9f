"""Serves HTTP and SMTP in one process until SIGTERM or SIGINT."""

import argparse
import logging
import os
import signal
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path

from aiosmtpd.controller import Controller
from werkzeug.serving import make_server

from sandbox.app import create_app
from sandbox.clock import Clock
from sandbox.mail import Mailbox
from sandbox.store import Store

log = logging.getLogger("sandbox")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--port", type=int, required=True, help="HTTP port")
    parser.add_argument("--smtp-port", type=int, required=True, help="SMTP port of the mailbox")
    parser.add_argument(
        "--state", type=Path, required=True, help="directory that keeps clock, mail and network"
    )
    parser.add_argument(
        "--carrier-latency-ms",
        type=int,
        default=os.environ.get("KAISEN_SANDBOX_CARRIER_LATENCY_MS", "0"),
        help="milliseconds that a change at the carrier takes (default: KAISEN_SANDBOX_CARRIER_LATENCY_MS, or 0)",
    )
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    log.setLevel(logging.INFO)
    # Requests are not logged: their addresses carry mail addresses, and followers poll all the time.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with suppress(KeyboardInterrupt):
        serve(
            options.host,
            options.port,
            options.smtp_port,
            options.state,
            options.carrier_latency_ms / 1000,
        )


def serve(host: str, port: int, smtp_port: int, state: Path, carrier_latency: float) -> None:
    try:
        state.mkdir(parents=True, exist_ok=True)
        store = Store(state / "sandbox.sqlite3")
    except (OSError, sqlite3.Error) as error:
        sys.exit(f"The sandbox cannot keep its state in {state}: {error}")
    clock = Clock(store)
    mailbox = Mailbox(store, clock)
    smtp = Controller(mailbox, hostname=host, port=smtp_port)
    try:
        smtp.start()
    except OSError as error:
        sys.exit(f"The mailbox cannot listen on {host}:{smtp_port}: {error}. Choose another --smtp-port.")
    # Last, so that an answer from /livez means that mail is taken too.
    server = make_server(host, port, create_app(store, clock, mailbox, carrier_latency), threaded=True)
    log.info("ready: http://%s:%s/sandbox/ and smtp://%s:%s", host, port, host, smtp_port)
    server.serve_forever()


if __name__ == "__main__":
    main()
