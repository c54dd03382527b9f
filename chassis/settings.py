"""Settings from environment variables (`KAISEN_…`) or secret files, checked once at start.

With `KAISEN_SECRETS_DIR` set, a value may also stand in a file of that folder named like the variable in lower
case (`kaisen_database_url`), which is how Docker and Kubernetes hand out secrets.
"""

import os
import sys
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class CommonSettings(BaseSettings):
    """What every component needs, the gateway included."""

    model_config = SettingsConfigDict(env_prefix="KAISEN_", extra="ignore", hide_input_in_errors=True)

    amqp_uri: str = Field(
        pattern=r"^(pyamqp|memory)://", description="broker, as pyamqp://user:password@host:5672/vhost"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="least level that is logged"
    )
    sandbox_clock_url: str | None = Field(
        None, description="sandbox only: URL of the movable clock to follow"
    )


class Settings(CommonSettings):
    """What every service needs besides."""

    database_url: str = Field(
        pattern=r"^postgresql\+psycopg2://",
        description="own database, as postgresql+psycopg2://user:password@host/name",
    )
    context_keys: str = Field(description="public JWK set (JSON) that signed call contexts are verified with")
    sealing_key: str = Field(description="private X25519 JWK (JSON) that sealed arguments are opened with")
    fresh_proof_minutes: int = Field(
        10, ge=1, le=60, description="age of the last proof of the person that sensitive changes accept"
    )
    health_port: int | None = Field(
        None, ge=1, le=65535, description="port of /livez, /readyz and /metrics; unset: not served"
    )
    max_workers: int = Field(
        20, ge=1, le=500, description="calls and events worked on at once in one process"
    )
    pool_size: int = Field(10, ge=1, le=200, description="database connections of one process")
    statement_timeout_ms: int = Field(15_000, ge=100, description="a longer SQL statement is cancelled")
    lock_timeout_ms: int = Field(5_000, ge=10, description="a longer wait for a row lock is given up")
    outbox_retention_days: int = Field(7, ge=1, description="how long published events are kept")
    inbox_retention_days: int = Field(
        30, ge=30, description="how long an event's handling is remembered, against a second effect"
    )
    idempotency_retention_days: int = Field(
        30, ge=1, description="how long a repeated Idempotency-Key gets the first answer"
    )


S = TypeVar("S", bound=BaseSettings)


def load(cls: type[S], **overrides: Any) -> S:
    """Read and check the settings; a wrong one ends the process with its name and what is expected."""
    try:
        return cls(_secrets_dir=os.environ.get("KAISEN_SECRETS_DIR"), **overrides)
    except ValidationError as error:
        for problem in error.errors():
            name = str(problem["loc"][0])
            field = cls.model_fields[name]
            print(f"KAISEN_{name.upper()}: {problem['msg']}. Expected: {field.description}", file=sys.stderr)
        sys.exit(2)
