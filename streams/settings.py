"""The settings: one frozen object, read from the environment (`KHABAR_…`) and passed in.

Where: `Settings()` is called once, by the command line; a child process gets its parent's settings
through its environment (`Settings.environment`). docs/settings.md tells of each; a test holds it
complete.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "KHABAR_"

Port = Annotated[int, Field(ge=0, le=65535)]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


def user_data() -> Path:
    """Name the user's data directory for khabar (XDG base directories)."""
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share") / "khabar"


def user_cache() -> Path:
    """Name the user's cache for khabar: shared by all data directories, may be deleted at any time."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "khabar"


class Settings(BaseSettings):
    """Every choice a user has; each field is the environment variable `KHABAR_<FIELD>`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, validate_default=True
    )

    host: str = Field("127.0.0.1", min_length=1, description="address that the HTTP server listens on")
    port: Port = Field(8000, description="port of the HTTP server")
    data: Folder = Field(
        default_factory=user_data,
        description="directory of all that khabar keeps: Kafka's data, stores, logs",
    )
    cache: Folder = Field(
        default_factory=user_cache, description="directory of Kafka's downloaded jars, shared by all data"
    )
    bootstrap_servers: str | None = Field(
        None,
        pattern=r"^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$",
        description="`host:port[,host:port…]` of a Kafka that is there; unset: the embedded one",
    )
    broker_port: Port = Field(19092, description="port of the embedded Kafka, on 127.0.0.1; 0: any free one")
    broker_heap_mib: int = Field(512, ge=128, description="memory of the embedded Kafka's heap, MiB")
    topic_prefix: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._-]{0,60}$",
        description="goes before the name of every topic, group and application id: two khabars on one Kafka",
    )
    partitions: int = Field(
        4, ge=1, le=1000, description="partitions of each partitioned topic; fixed once the topics exist"
    )
    replication_factor: int = Field(1, ge=1, le=9, description="copies of each topic that Kafka keeps")
    min_confidence: float = Field(
        0.5, ge=0, le=1, description="facts that the extractor is less sure of are rejected"
    )
    table_store: Literal["rocksdb", "write-only"] = Field(
        "rocksdb", description="store behind Faust's table; `write-only` keeps the changelog alone"
    )
    parse_workers: int = Field(1, ge=1, le=256, description="processes that parse documents, per worker")
    parse_timeout_seconds: float = Field(
        10, gt=0, description="time after which the parse of one document is given up"
    )
    session_timeout_seconds: float = Field(
        10, ge=1, le=300, description="silence after which Kafka gives a worker's partitions to another"
    )
    reader_batch: int = Field(
        20_000, ge=1, description="records that the reader takes into one transaction at most"
    )
    write_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="what writers send as `Authorization: Bearer`; needed off loopback",
    )
    allowed_hosts: str = Field(
        "",
        pattern=r"^([a-z0-9.-]+(,[a-z0-9.-]+)*)?$",
        description="host names, comma-separated, under which the HTTP server is reached off loopback",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="what goes to the logs: this level and above"
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="how the logs are written: lines for people, or a JSON object a line"
    )

    @property
    def bootstrap(self) -> str:
        """Where Kafka answers: the servers given, else the embedded broker's address."""
        return self.bootstrap_servers or f"127.0.0.1:{self.broker_port}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The allowed host names, one by one."""
        return tuple(name for name in self.allowed_hosts.split(",") if name)

    @property
    def embedded(self) -> bool:
        """Whether the Kafka is our own child process."""
        return self.bootstrap_servers is None

    def environment(self) -> dict[str, str]:
        """Give the environment variables that make these settings again, for a child process."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            PREFIX + name.upper(): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            for name, value in values.items()
            if value is not None
        }
