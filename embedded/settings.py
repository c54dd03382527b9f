"""Settings of the embedded product."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KAISEN_", extra="ignore", hide_input_in_errors=True)

    port: int = Field(
        8000, ge=1, le=65533, description="port of the portal; the next two are the sandbox's HTTP and SMTP"
    )
    host: str = Field("127.0.0.1", description="address to listen on")
    state: Path = Field(Path(".state"), description="folder that keeps databases, keys, mail and logs")
    amqp_uri: str | None = Field(
        None, pattern="^pyamqp://", description="a RabbitMQ to use instead of the in-memory bus"
    )
    database_url: str | None = Field(
        None,
        pattern=r"^postgresql(\+psycopg2)?://",
        description="a PostgreSQL server whose user may create databases",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="least level that is logged"
    )
