"""What the service's methods are given besides the database and the settings."""

from typing import Any

from nameko.extensions import DependencyProvider

from services.auth.hashing import Passwords
from services.auth.passwords import Cost


class PasswordsProvider(DependencyProvider):
    """`passwords = PasswordsProvider()`: one `Passwords` a process, which bounds how many hashes run at once."""

    def setup(self) -> None:
        settings = self.container.config["settings"]
        cost = Cost(settings.password_memory_kib, settings.password_time_cost, settings.password_parallelism)
        self._passwords = Passwords(cost, settings.password_threads)

    def get_dependency(self, _worker_ctx: Any) -> Passwords:
        return self._passwords
