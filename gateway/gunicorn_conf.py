"""gunicorn's settings, from ours."""

from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from chassis import logs, settings
from gateway.settings import Settings

_settings = settings.load(Settings)

bind = f"0.0.0.0:{_settings.port}"
workers = _settings.web_workers
worker_class = "gthread"
threads = _settings.web_threads
preload_app = False  # each worker makes its own connection and follows the clock by itself
timeout = int(max(_settings.rpc_timeout, _settings.import_timeout)) + 10
graceful_timeout = timeout  # an import that has begun is let end
forwarded_allow_ips = ""  # gunicorn itself believes nobody: gateway.app does, by KAISEN_TRUSTED_PROXIES
accesslog = None  # gateway.correlation writes it


class JsonLogger(Logger):
    """gunicorn's own lines go the way of ours."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        logs.configure(_settings.log_level, "gateway")


logger_class = JsonLogger
