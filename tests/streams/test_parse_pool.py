"""Documents that hang, kill or blow up their parser: each fails alone, and in time."""

import asyncio
import os
import signal
import time

import pytest

from seeds.articles import sample_articles
from seeds.document import Document, read_document
from seeds.parse import parse
from streams.documents import stored
from streams.parse_pool import ParseFailed, ParsePool
from streams.settings import Settings


def article(text="Acme bought Beta.", **more):
    return stored(Document(text=text, language="en", url="https://news.example/1", **more))


@pytest.fixture
async def pool(tmp_path):
    made = ParsePool(Settings(data=tmp_path, parse_workers=1, parse_timeout_seconds=3))
    await made.start()
    yield made
    made.close()


def child(pool):
    (process,) = pool._lanes[0]._executor._processes.values()
    return process.pid


async def test_it_gives_what_the_parser_gives(pool):
    document = read_document(sample_articles()[1])
    assert await pool.parse(stored(document)) == parse(document)


async def test_a_child_that_died_is_replaced_and_the_document_tried_again(pool):
    os.kill(child(pool), signal.SIGKILL)
    assert await pool.parse(article()) == parse(article().as_document())


async def test_a_child_that_hangs_is_replaced_and_the_document_tried_again(pool):
    first = child(pool)
    os.kill(first, signal.SIGSTOP)
    began = time.monotonic()
    assert await pool.parse(article()) == parse(article().as_document())
    assert child(pool) != first
    assert time.monotonic() - began >= 3


async def test_a_document_that_is_out_of_time_twice_fails_and_the_next_is_parsed(pool):
    pool._timeout = 0.2
    with pytest.raises(ParseFailed, match=r"not parsed within 0\.2 s"):
        await pool.parse(article("Acme said on Monday it will invest $5 million in Beta. " * 15_000))
    pool._timeout = 10
    assert await pool.parse(article()) == parse(article().as_document())


async def test_what_is_too_long_or_not_understood_is_refused(pool):
    with pytest.raises(ParseFailed, match="limit"):
        await pool.parse(article("word " * 300_000))
    with pytest.raises(ParseFailed):
        await pool.parse(stored(Document(text="Bonjour le monde.", language="fr")))


async def test_the_children_go_with_the_pool(tmp_path):
    pool = ParsePool(Settings(data=tmp_path, parse_workers=2))
    await pool.start()
    pids = [next(iter(lane._executor._processes.values())).pid for lane in pool._lanes]
    pool.close()
    deadline = time.monotonic() + 10
    while any(os.path.exists(f"/proc/{pid}") for pid in pids):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
