"""The floor: one aiokafka consumer that takes all records of the fact topics with `getmany`, drops them."""

from __future__ import annotations

import json
import os
import time

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition


async def drain(bootstrap: str, topics: list[str], partitions: int) -> dict[str, object]:
    """Read everything once; the clock starts when the consumer is connected."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        began = time.perf_counter()
        consumer.assign([TopicPartition(topic, p) for topic in topics for p in range(partitions)])
        ends = await consumer.end_offsets(consumer.assignment())
        left, size = sum(ends.values()), 0
        while left > 0:
            for batch in (await consumer.getmany(timeout_ms=1000, max_records=10_000)).values():
                left -= len(batch)
                size += sum(len(record.value) for record in batch)
        return {
            "seconds": time.perf_counter() - began,
            "events": sum(ends.values()),
            "bytes": size,
        }
    finally:
        await consumer.stop()


if __name__ == "__main__":
    topics = os.environ["PEER_TOPICS"].split(",")
    found = uvloop.run(drain(os.environ["PEER_BOOTSTRAP"], topics, int(os.environ["PEER_PARTITIONS"])))
    print(json.dumps(found), flush=True)
