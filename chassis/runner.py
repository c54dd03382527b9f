"""Starting and stopping a service: waits for what it needs, drains before it goes."""

import os
import signal
import socket
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import eventlet
import structlog
from kombu import Connection
from nameko.containers import ServiceContainer

from chassis import clock, health, logs, migrations
from chassis.database import make_engine
from chassis.settings import Settings, load

log = structlog.get_logger()


def read_settings(package: str, **overrides: Any) -> Settings:
    """The checked settings of `package`; ends the process with a message when one is wrong."""
    settings: Settings = load(import_module(f"{package}.settings").Settings, **overrides)
    return settings


def service_class(package: str) -> Any:
    return import_module(f"{package}.service").Service


def start(package: str, settings: Settings) -> ServiceContainer:
    """A started container of the service in this process."""
    config = {
        "AMQP_URI": settings.amqp_uri,
        "max_workers": settings.max_workers,
        "HEARTBEAT": 20,
        "settings": settings,
    }
    container = ServiceContainer(service_class(package), config)
    container.start()
    log.info("started", service=container.service_name)
    return container


def serve(package: str) -> None:
    """Run the service until SIGTERM or SIGINT, which let running work end first."""
    settings = read_settings(package)
    logs.configure(settings.log_level, package)
    container: ServiceContainer | None = None

    def stop(_signal: int, _frame: Any) -> None:
        if container is None:
            os._exit(0)  # nothing has begun yet; as a container's first process we would not end by default
        log.info("stopping", service=container.service_name)
        eventlet.spawn(container.stop)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if settings.health_port:
        health.serve(lambda: container, settings.health_port)
    if settings.sandbox_clock_url:
        clock.follow(settings.sandbox_clock_url, f"{package}-{socket.gethostname()}-{os.getpid()}")
    wait_for_parts(package, settings)
    container = start(package, settings)
    container.wait()


def migrate(package: str) -> None:
    """Bring schema and queues up to date; meant to run once before the replicas start."""
    settings = read_settings(package)
    logs.configure(settings.log_level, package)
    wait_for_parts(package, settings)
    migrations.upgrade(package, settings.database_url)
    migrations.declare_queues(service_class(package), settings.amqp_uri)
    log.info("migrated", service=package)


def wait_for_parts(package: str, settings: Settings) -> None:
    """Return once database and broker answer; tries for ever, because the platform starts parts in any order."""

    def database() -> None:
        engine = make_engine(settings, package)
        engine.connect().close()
        engine.dispose()

    def broker() -> None:
        with Connection(settings.amqp_uri, connect_timeout=5) as connection:
            connection.connect()

    _until(database, "database")
    _until(broker, "broker")


def _until(attempt: Callable[[], None], part: str) -> None:
    delay = 0.2
    while True:
        try:
            return attempt()
        except Exception as error:
            reason = str(error).strip().partition("\n")[0]
            log.warning("waiting", part=part, error=type(error).__name__, reason=reason, retry_in=delay)
            time.sleep(delay)
            delay = min(delay * 2, 5.0)
