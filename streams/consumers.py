"""Consumers without a group's rebalancing: for whoever reads the log at places of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer

if TYPE_CHECKING:
    from streams.settings import Settings


@asynccontextmanager
async def reading(settings: Settings, *topics: str, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a started consumer that commits nothing by itself, and stop it.

    With `topics`, all their partitions are assigned at once; without, whoever uses it assigns and seeks.
    Raises KafkaConnectionError.
    """
    consumer = AIOKafkaConsumer(
        *topics, bootstrap_servers=settings.bootstrap, enable_auto_commit=False, **options
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        # A consumer that is stopped before its tasks first ran raises CancelledError (aiokafka 0.14).
        await asyncio.sleep(0)
        await consumer.stop()
