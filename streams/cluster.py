"""Which Kafka this is, and which log in it is ours: offsets mean nothing in another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiokafka.admin import AIOKafkaAdminClient

if TYPE_CHECKING:
    from streams.settings import Settings


async def cluster_id(settings: Settings) -> str:
    """Ask the broker for the id of its cluster. Raises KafkaConnectionError."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        return str((await admin.describe_cluster())["cluster_id"])
    finally:
        await admin.close()


async def log_id(settings: Settings) -> str:
    """Name the log: two khabars may share a cluster."""
    cluster = await cluster_id(settings)
    return f"{cluster}/{settings.topic_prefix}" if settings.topic_prefix else cluster
