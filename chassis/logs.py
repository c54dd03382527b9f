"""One JSON object a line on standard output, with the correlation id of whatever is being worked on."""

import logging
import logging.config
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars

from chassis import clock

bind = bound_contextvars  # `with bind(correlation_id=…, order=…):` adds these to every line within


def get_logger() -> Any:
    return structlog.get_logger()


def configure(level: str, component: str, path: str | None = None) -> None:
    """Send our lines and those of libraries through one JSON formatter, to standard output or to a file; call once."""

    def stamp(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["at"] = clock.wall().isoformat()
        event["component"] = event.get("component", component)
        return event

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        stamp,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    stdout = {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"}
    target = {"class": "logging.FileHandler", "filename": path, "encoding": "utf-8"} if path else stdout
    render = structlog.processors.JSONRenderer(ensure_ascii=False)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"out": target | {"formatter": "json"}},
            "root": {"handlers": ["out"], "level": level},
            # nameko logs each worker's arguments itself; the guard in chassis.rpc says it once, without them
            "loggers": {"nameko.containers": {"level": "CRITICAL"}, "amqp": {"level": "WARNING"}},
        }
    )
