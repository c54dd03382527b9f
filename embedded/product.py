"""Starts all parts in the order in which they need each other, and stops them in the reverse."""

import fcntl
import json
import os
import signal
import socket
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import eventlet
import eventlet.wsgi
import structlog
from nameko.containers import ServiceContainer
from sqlalchemy import create_engine, text

from chassis import clock, logs, migrations, runner
from chassis.client import RpcClient
from chassis.settings import load
from embedded import database, demo, files, sandbox
from embedded.settings import Settings
from kaisen import keys

log = structlog.get_logger()

_MEMORY_BUS = "memory://localhost//"
_POLLING_SECONDS = 0.005


def main() -> None:
    """Run until SIGINT or SIGTERM."""
    started = time.monotonic()
    settings = load(Settings)
    warnings.simplefilter("ignore")
    state = settings.state.absolute()
    (state / "logs").mkdir(parents=True, exist_ok=True)
    stop = eventlet.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.ready() or stop.send(None))
    with ExitStack() as parts:
        _only_one(state, parts)
        _free(settings)
        logs.configure(settings.log_level, "kaisen", str(state / "logs" / "kaisen.log"))
        print("Kaisen is starting …", flush=True)
        try:
            _start(settings, state, parts)
            logins = demo.load_once(state, _url(settings))
        except Exception as error:
            log.exception("start failed")
            sys.exit(f"Kaisen could not start: {error}. {state / 'logs'} has the details.")
        print(_banner(settings, state, logins, time.monotonic() - started), flush=True)
        stop.wait()
        print("\nKaisen is stopping …", flush=True)
    print("stopped", flush=True)


def _only_one(state: Path, parts: ExitStack) -> None:
    lock = parts.enter_context((state / "lock").open("w"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"Kaisen already runs on {state}. Stop it first, or set KAISEN_STATE to another folder.")


def _free(settings: Settings) -> None:
    for port in range(settings.port, settings.port + 3):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, port))
            except OSError:
                sys.exit(f"Port {port} is taken. Set KAISEN_PORT to the first of three free ports.")


def _start(settings: Settings, state: Path, parts: ExitStack) -> None:
    sandbox_url = f"http://{settings.host}:{settings.port + 1}"
    server, stop_server = database.start(state, settings.database_url)
    parts.callback(stop_server)
    child = sandbox.start(state, settings.host, settings.port + 1, state / "logs" / "sandbox.log")
    parts.callback(child.wait, 10)
    parts.callback(child.terminate)
    clock.follow(f"{sandbox_url}/sandbox/clock", "kaisen")

    secrets = _secrets(state)
    amqp_uri = settings.amqp_uri or _MEMORY_BUS
    if settings.amqp_uri is None:
        _speed_up_memory_bus()
    common = {"amqp_uri": amqp_uri, "log_level": settings.log_level}
    own: dict[str, dict[str, Any]] = {
        "auth": {
            "smtp_host": settings.host,
            "smtp_port": settings.port + 2,
            "public_url": _url(settings),
        },
        "contracts": {"switch_url": sandbox_url},
        "payments": {
            "provider_mode": "sandbox",
            "provider_url": f"{sandbox_url}/stripe",
            "provider_browser_url": _url(settings, settings.port + 1),
            "provider_secret_key": "sk_test_sandbox",  # the sandbox knows no accounts, so this opens nothing
            "provider_publishable_key": "pk_test_sandbox",
        },
        "sim": {
            "carrier_url": sandbox_url,
            "smdp_url": sandbox_url,
            "smdp_address": "smdp.sandbox.example",
            "smdp_requester": "2.999.1",  # the arc of examples
        },
    }
    ready = []
    for name, extra in own.items():
        package = f"services.{name}"
        values = {key.removeprefix("kaisen_"): value for key, value in secrets[name].items()}
        url = database.ensure(server, f"kaisen_{name}")
        service = runner.read_settings(package, database_url=url, **common, **{**values, **extra})
        migrations.upgrade(package, url)
        migrations.declare_queues(runner.service_class(package), amqp_uri)
        if settings.amqp_uri is None:
            _tell_again(url)
        ready.append((package, service))
    demo.ensure_staff(state, ready[0][1].database_url)
    containers: list[ServiceContainer] = []
    parts.callback(_stop_together, containers)
    for package, service in ready:
        containers.append(runner.start(package, service))

    client = RpcClient(amqp_uri, secrets["gateway"]["kaisen_sealing_keys"])
    parts.callback(client.close)
    parts.callback(_serve(settings, _gateway(common, secrets["gateway"], client), sandbox_url))


def _stop_together(containers: list[ServiceContainer]) -> None:
    """Each one waits for its own work to end; nobody needs to wait for all of them in turn."""
    pool = eventlet.GreenPool()
    for container in containers:
        pool.spawn(container.stop)
    pool.waitall()


def _secrets(state: Path) -> dict[str, dict[str, str]]:
    """The installation's own keys, made at the first start; what a later version needs besides is added."""
    path = state / "secrets.json"
    made: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}
    complete = {name: values | made.get(name, {}) for name, values in keys.generate().items()}
    if complete != made:
        files.keep(path, json.dumps(complete))
    return complete


def _speed_up_memory_bus() -> None:
    from kombu.transport import memory

    memory.Transport.polling_interval = _POLLING_SECONDS


def _tell_again(database_url: str) -> None:
    """The in-memory bus forgot what was on its way: tell it again; the inboxes know what they have seen."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE outbox SET published_at = NULL WHERE published_at > now() - interval '7 days'"
                # not for ever, start after start: the inboxes forget after 30 days
                " AND created_at > now() - interval '21 days'"
            )
        )
    engine.dispose()


def _gateway(common: dict[str, Any], secrets: dict[str, str], client: RpcClient) -> Callable[..., Any]:
    from gateway.app import create_app
    from gateway.settings import Settings as GatewaySettings

    values = {key.removeprefix("kaisen_"): value for key, value in secrets.items()}
    return create_app(load(GatewaySettings, **common, **values), client).wsgi_app


def _serve(settings: Settings, application: Callable[..., Any], sandbox_url: str) -> Callable[[], None]:
    listener = eventlet.listen((settings.host, settings.port), reuse_port=False)
    eventlet.spawn(
        eventlet.wsgi.server,
        listener,
        sandbox.mounted(application, sandbox_url),
        log_output=False,
        max_size=200,
        debug=False,
    )
    return listener.close  # type: ignore[no-any-return]


def _url(settings: Settings, port: int | None = None) -> str:
    host = "localhost" if settings.host == "127.0.0.1" else settings.host
    return f"http://{host}:{port or settings.port}"


def _banner(settings: Settings, state: Path, logins: list[dict[str, str]], seconds: float) -> str:
    url = _url(settings)
    lines = [
        "",
        f"Kaisen is running (started in {seconds:.1f} s). Ctrl-C stops it; its state is in {os.path.relpath(state)}.",
        "",
        f"  Portal and console   {url}/",
        f"  API and its docs     {url}/api/v1/docs",
        f"  Mail that was sent   {url}/sandbox/mailbox    (JSON: {url}/sandbox/mail?to=ADDRESS)",
        f"  Clock and faults     {url}/sandbox/",
        f"  Logs                 {os.path.relpath(state / 'logs' / 'kaisen.log')}",
        "",
        "  Demo logins (made for this installation):",
        f"  {'portal':<14} {'login ID':<22} {'password':<20} {'mail':<28} what",
    ]
    lines += [
        f"  {one['portal']:<14} {one['login_id']:<22} {one['password']:<20} {one['email']:<28} {one['what']}"
        for one in logins
    ]
    return "\n".join(lines)
