"""What is not written out of lines with few entries: nobody can tell from what is answered."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import orjson
import pytest
from hypothesis import given

from api.read_model import unwritten
from api.read_model.unwritten import FEW, FEW_MAX
from streams.codec import wire
from streams.delta import retraction
from streams.entries import KEY_ID_BYTES, entries
from streams.events import AnyEvent
from streams.fold import Posted, fold
from streams.lines import Line
from streams.slots import Cause
from tests.api.making import article, investment
from tests.api.test_as_of import Feed, answered, plain
from tests.strategies import histories

LINE = Line("scale-ai", "investors", "meta-platforms")
DAY = date(2030, 1, 1)


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    feed = Feed(tmp_path)
    yield feed
    feed.close()


def tell(feed: Feed, event: AnyEvent) -> None:
    feed.publish(event)
    feed.views.post_all(feed.unposted)
    feed.unposted.clear()
    feed.cut()


def stored(feed: Feed) -> tuple[bytes, list[bytes]]:
    """What is stored of the line: as served, and of its versions."""
    views = feed.views.file.connection
    rows = views.execute(
        """SELECT view FROM line_versions WHERE company = ? AND section = ? AND counterpart = ?
           ORDER BY cut""",
        LINE,
    )
    return unwritten.stored(views, [LINE])[LINE], [view for (view,) in rows]


def test_every_answer_is_that_of_the_fold_from_the_first_telling_to_the_last(feed: Feed) -> None:
    first = investment("meta-platforms", "scale-ai")
    back = retraction(wire(first), Cause.EXTRACTOR_BUG, "a test", article())
    for number, event in enumerate([first, investment("meta-platforms", "scale-ai", 7), back]):
        tell(feed, event)
        served, versions = stored(feed)
        assert (len(served) == KEY_ID_BYTES) == (number == 0)
        assert len(versions) == number + 1
    assert versions == [bytes.fromhex(first.id)[:KEY_ID_BYTES], FEW, FEW]
    for amount in range(10, 10 + FEW_MAX):
        tell(feed, investment("meta-platforms", "scale-ai", amount))
    assert {number: len(view) < KEY_ID_BYTES for number, view in enumerate(stored(feed)[1])} == {
        number: 0 < number < FEW_MAX for number in range(FEW_MAX + 3)
    }
    at = feed.snapshot()
    for cut in feed.cuts:
        wanted = plain(feed, cut.vector, "scale-ai")[str(LINE)]
        found = answered(at, "scale-ai", DAY, cut)[str(LINE)]
        assert {name: found[name] for name in wanted} == wanted


def test_a_company_of_many_such_lines_is_asked_for_in_few_statements(feed: Feed) -> None:
    for number in range(40):
        feed.publish(investment(f"investor-{number}", "scale-ai"))
    feed.views.post_all(feed.unposted)
    feed.unposted.clear()
    feed.cut()
    views = feed.views.file.connection
    asked: list[str] = []
    views.set_trace_callback(asked.append)
    rows = views.execute("SELECT section, counterpart, view FROM lines WHERE company = 'scale-ai'").fetchall()
    lines = [(Line("scale-ai", section, counterpart), view) for section, counterpart, view in rows]
    found = unwritten.views_of(views, lines)
    views.set_trace_callback(None)
    assert len(found) == 40
    assert list(found) == [line for line, _ in lines]
    assert len(asked) == 2


def test_one_whose_entry_cannot_be_folded_is_left_out_and_told_of(
    feed: Feed, caplog: pytest.LogCaptureFixture
) -> None:
    tell(feed, investment("meta-platforms", "scale-ai"))
    tell(feed, investment("oracle", "scale-ai"))
    views = feed.views.file.connection
    views.execute("UPDATE entries SET entry = '{}' WHERE instr(key, ?) = 1", (str(LINE).encode(),))
    with caplog.at_level(logging.WARNING):
        assert answered(feed.snapshot(), "scale-ai", DAY, None).keys() == {"scale-ai|investors|oracle"}
    assert str(LINE) in caplog.text


@given(histories())
def test_whatever_is_published_can_be_folded_alone(history: list[AnyEvent]) -> None:
    """So that it need not be tried when it is written."""
    for event in history:
        for _, entry in entries(wire(event)):
            assert orjson.loads(orjson.dumps(fold([Posted(orjson.loads(entry), 1)])))
