"""What a service class declares: its database and its settings."""

from collections.abc import Callable
from typing import Any

from nameko.extensions import DependencyProvider

from chassis.database import Engine, UnitOfWork
from chassis.outbox import OutboxRelay


class Database(DependencyProvider):
    """`uow = Database()` in a service gives its methods `with self.uow() as uow:`; its events leave by the relay."""

    engine = Engine()
    relay = OutboxRelay()

    def get_dependency(self, _worker_ctx: Any) -> Callable[[], UnitOfWork]:
        return self.engine.unit_of_work


class SettingsProvider(DependencyProvider):
    """`settings = SettingsProvider()` gives the service's checked settings."""

    def get_dependency(self, _worker_ctx: Any) -> Any:
        return self.container.config["settings"]
