"""Which Kafka this is, and which log in it is ours: offsets mean nothing in another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiokafka.admin import AIOKafkaAdminClient

from streams import log_name
from streams.topics import topic_name

if TYPE_CHECKING:
    from streams.settings import Settings


async def log_id(settings: Settings) -> str:
    """Name the log: two khabars may share a cluster, and a copy of a log has a name of its own.

    Raises KafkaConnectionError, LogUnfinished.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        cluster = str((await admin.describe_cluster())["cluster_id"])
        has_views = topic_name(settings, "views") in await admin.list_topics()
    finally:
        await admin.close()
    if has_views and (copy := await log_name.read(settings)) is not None:
        copy.refuse_unfinished()
        return copy.id
    return f"{cluster}/{settings.topic_prefix}" if settings.topic_prefix else cluster
