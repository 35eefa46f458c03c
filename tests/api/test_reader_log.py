"""Waiting for what the reader reads."""

from __future__ import annotations

import asyncio

import pytest

from api.reader_log import wait


@pytest.mark.parametrize("turns", range(6))
async def test_who_is_stopped_as_records_come_stops(turns: int) -> None:
    came = asyncio.Event()
    waiting = asyncio.create_task(_for_ever(came))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    came.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    waiting.cancel()
    done, _ = await asyncio.wait({waiting}, timeout=5)
    came.set()
    waiting.cancel()  # so that a test that fails ends, too
    assert done


async def _for_ever(came: asyncio.Event) -> None:
    while True:
        await wait(came, 60)
        came.clear()


async def test_it_does_not_wait_longer_than_told() -> None:
    await wait(asyncio.Event(), 0.01)
