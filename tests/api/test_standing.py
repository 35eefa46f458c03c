"""What stands of a document: the data directory and the parse agent's index know the same."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.read_model import document_queries
from api.read_model.standing import recorded_since, standing
from seeds.facts import Parsed
from streams import delta
from streams.codec import decode
from streams.documents import Change, ParseRecord, Place, Request, StoredDocument, encode
from streams.ids import canonical
from streams.parse_index import ParseIndex
from tests.api.files import Log
from tests.api.making import article
from tests.streams.test_delta import some_facts

FIRST = article("Rimal supplies.")
OTHER = article("Another one.")
steps = st.tuples(
    st.sampled_from([c for c in Change if c is not Change.OTHER]),
    st.frozensets(st.sampled_from(range(5))),
    st.integers(0, 40),
)


class Both:
    """A log that both follow: the events file of a data directory, and the index of a parse agent."""

    def __init__(self, folder: Path) -> None:
        self.log = Log(folder)
        self.index = ParseIndex(folder / "index.db")
        self._answers = 0

    def close(self) -> None:
        self.log.file.close()
        self.index.close()

    def ask(self, document: StoredDocument) -> Place:
        record = self.log.record("documents", 0, encode(document))
        assert self.log.apply([record]).skipped == []
        return Place("documents", 0, record.offset)

    def answer(self, record: ParseRecord, seed: int = 0) -> None:
        """Store an answer; its events arrive in whatever order the topics are read."""
        value = encode(record)
        self.index.follow(0, self._answers, value)
        self._answers += 1
        events = [decode(canonical(data)) for data in record.events]
        random.Random(seed).shuffle(events)  # noqa: S311  # no secret
        assert (
            self.log.apply([self.log.record("parses", 0, value), *map(self.log.event, events)]).skipped == []
        )


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    with closing(Both(tmp_path)) as made:
        yield made


def answered(both: Both, document: StoredDocument, facts: Parsed | None, seed: int = 0) -> ParseRecord:
    known = both.index.known(document.document)
    place, live = both.ask(document), known.live
    none = Parsed(extractor="rules", version="1")
    if facts is None:
        record = delta.failed(document, place, "rules", "1", "out of time")
    elif document.change is Change.REPARSE and known.withdrawn:
        record = delta.unchanged(document, place, "rules", "1")  # as the parse agent decides
    else:
        record = delta.answer(document, place, live, facts if delta.needs_parse(document) else none, 0.5)
    both.answer(record, seed)
    return record


def told(which: frozenset[int] = frozenset()) -> Parsed:
    return Parsed(extractor="rules", version="1", facts=tuple(some_facts(which)))


@given(st.lists(steps, min_size=1, max_size=8))
@settings(max_examples=40)
def test_the_data_directory_and_the_index_know_the_same(
    happened: list[tuple[Change, frozenset[int], int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(Both(Path(folder))) as both:
        published: list[str] = []
        for number, (change, which, choice) in enumerate(happened):
            event = published[choice % len(published)] if published else None
            document = FIRST.changed(change, Request(id=f"r{number}", by="test", event=event))
            record = answered(both, document, told(which) if choice % 7 else None, seed=choice)
            published += [data["id"] for data in record.events]
            found = standing(both.log.file.connection, FIRST.document)
            known = both.index.known(FIRST.document)
            assert found is not None
            assert found.settled
            assert list(found.live.items()) == list(known.live.items()), "in the order of publishing, too"
            assert found.withdrawn == known.withdrawn


def test_what_is_not_all_there_is_not_settled(both: Both) -> None:
    events = both.log.file.connection
    assert standing(events, FIRST.document) is None
    place = both.ask(FIRST)
    found = standing(events, FIRST.document)
    assert found is not None
    assert not found.settled
    record = delta.answer(FIRST, place, {}, told(frozenset({0, 1})), 0.5)
    both.log.apply([both.log.record("parses", 0, encode(record))])
    found = standing(events, FIRST.document)
    assert found is not None
    assert not found.settled, "the events have not been read yet"
    for data in record.events:
        both.log.apply([both.log.event(decode(canonical(data)))])
    found = standing(events, FIRST.document)
    assert found is not None
    assert found.settled
    assert len(found.live) == 2


def test_the_last_text_is_the_documents_even_behind_a_change_that_repeats_an_older_one(both: Both) -> None:
    answered(both, FIRST, told())
    newer = FIRST.model_copy(update={"revision": "7" * 26, "text": "Rimal supplies more."})
    answered(both, newer, told())
    answered(both, FIRST.changed(Change.RETRACTION, Request(id="r", by="test", event="0" * 64)), told())
    events = both.log.file.connection
    assert document_queries.latest(events, FIRST.document) == encode(newer)
    shown = document_queries.document(events, FIRST.document)
    assert shown is not None
    assert shown["text"] == newer.text
    assert [(r["change"], r["status"]) for r in shown["revisions"]][-1] == ("retraction", "failed")


def test_a_change_that_failed_neither_withdraws_nor_reinstates(both: Both) -> None:
    events = both.log.file.connection
    asked = Request(id="r", by="test", reason="why")
    answered(both, FIRST, told(frozenset({0})))
    assert not document_queries.is_withdrawn(events, FIRST.document)
    answered(both, FIRST.changed(Change.WITHDRAWN, asked), told())
    assert document_queries.is_withdrawn(events, FIRST.document)
    for change in (Change.REINSTATED, Change.TEXT, Change.REPARSE):
        answered(both, FIRST.changed(change, asked), None)
        assert document_queries.is_withdrawn(events, FIRST.document)
    both.ask(FIRST.changed(Change.REINSTATED, asked))
    assert not document_queries.is_withdrawn(events, FIRST.document), "not answered yet: taken for done"


def test_documents_are_chosen_by_when_a_text_of_theirs_was_recorded(both: Both) -> None:
    log = both.log
    first, other = (log.record("documents", 0, encode(d), ms) for d, ms in ((FIRST, 1000), (OTHER, 2000)))
    later = FIRST.changed(Change.REPARSE, Request(id="r", by="test"))
    log.apply([first, other, log.record("documents", 0, encode(later), 3000)])
    events = log.file.connection
    assert recorded_since(events, 0) == sorted([FIRST.document, OTHER.document])
    assert recorded_since(events, 2000) == [OTHER.document]
    assert recorded_since(events, 2001) == []
