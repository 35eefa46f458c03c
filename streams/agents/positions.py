"""Positions: each event's entries go to the table, put blind under keys of their own.

Whatever is done twice, late, or by a worker that should be dead, puts the same bytes under the same key.
There is no `await` between the parts of one event's posting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import faust
from faust.types import Message, StreamT, TableT

from streams.agents.letters import send_letter
from streams.agents.progress import ProgressRows
from streams.errors import CodecError, NewerVersion
from streams.posting import Posting, postings
from streams.transport import end_process

if TYPE_CHECKING:
    from streams.settings import Settings


class PositionAgent:
    """Posts the events of facts topics; `run` is the agent of each of them."""

    def __init__(self, settings: Settings, app: faust.App, table: TableT[bytes, bytes]) -> None:
        self._settings = settings
        self._app = app
        self._table = table
        self.progress = ProgressRows(settings, app, table)

    def _postings(self, message: Message) -> list[Posting]:
        return postings(message.key, message.value, message.partition, self._settings.partitions)

    async def run(self, stream: StreamT[bytes]) -> None:
        """Post event after event; nothing but the end of the process leaves this loop."""
        async for event in stream.events():
            message = event.message
            try:
                try:
                    rows = self._postings(message)
                except NewerVersion as error:
                    where = f"{message.topic}/{message.partition}@{message.offset}"
                    end_process(f"{where}: {error}", error.exit_code)
                except CodecError as error:
                    await send_letter(self._settings, self._app, message, error)
                    rows = []
                for _, key, entry in rows:
                    self._table[key] = entry  # also sends it to the changelog, at the source's partition
                self.progress.posted(message.topic, message.partition, message.offset + 1)
            except Exception as error:
                end_process(
                    f"{message.topic}/{message.partition}@{message.offset} cannot be posted: {error!r}"
                )
