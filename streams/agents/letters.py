"""Dead letters from within an agent: acknowledged before the agent moves on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import faust
from faust.types import Message

from streams.dead_letters import TOPIC, Origin, headers, kind_of
from streams.errors import CodecError
from streams.topics import topic_name
from streams.transport import producer_of

if TYPE_CHECKING:
    from streams.settings import Settings

log = logging.getLogger(__name__)


async def send_letter(settings: Settings, app: faust.App, message: Message, error: CodecError) -> None:
    """Keep an unusable record in `dead-letters`; of a document only its place, its bytes stay there."""
    origin = Origin(message.topic.removeprefix(settings.topic_prefix), message.partition, message.offset)
    log.warning("dead letter: %s: %s", origin, error)
    await producer_of(app).store(
        topic_name(settings, TOPIC),
        key=message.key,
        value=None if origin.topic == "documents" else message.value,
        partition=0,
        headers=headers(origin, str(error), kind_of(error)),
    )
