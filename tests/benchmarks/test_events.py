"""The events of the benchmarks are such as the program itself would write; peers read the same lines."""

from __future__ import annotations

import random
from collections import Counter

import orjson

from benchmarks.events import article, chunk
from benchmarks.facts import SHARES, Teller
from benchmarks.peers.lines import folded, lines
from streams.codec import decode, encode, wire
from streams.ids import event_id
from streams.posting import postings
from streams.topics import partition_of
from streams.verify import verify

COMPANIES = 500
CHECKS = {"id", "schema", "claim", "text", "span"}


def test_every_event_decodes_to_the_same_bytes_and_its_id_is_that_of_its_content() -> None:
    for value in chunk(1, COMPANIES, 300):
        event = decode(value)
        assert encode(event) == value
        assert event_id(orjson.loads(value)) == event.id


def test_events_are_placed_by_their_home_and_mostly_post_two_entries() -> None:
    entries: Counter[int] = Counter()
    for value in chunk(2, COMPANIES, 300):
        home = orjson.loads(value)["home"].encode()
        made = postings(home, value, partition_of(home, 4), 4)
        entries[len(made)] += 1
        assert len({posting.key for posting in made}) == len(made)
    assert set(entries) == {1, 2}
    assert entries[2] > 0.8 * entries.total()


def test_all_types_of_the_mix_are_told_in_both_languages() -> None:
    told = {(e.type, e.source.language) for e in map(decode, chunk(3, COMPANIES, 600))}
    assert told == {(kind, language) for kind in SHARES for language in ("ar", "en")}


def test_the_same_seed_makes_the_same_events_and_another_seed_others() -> None:
    assert chunk(4, COMPANIES, 50) == chunk(4, COMPANIES, 50)
    assert not set(chunk(4, COMPANIES, 50)) & set(chunk(5, COMPANIES, 50))


def test_whoever_has_the_article_can_verify_ids_and_spans() -> None:
    rng = random.Random(6)  # noqa: S311 - no secret
    for _ in range(30):
        document, events = article(Teller(COMPANIES, rng), rng)
        assert events
        for event in events:
            # The sentences are not written for the grammar to read again, so of the values nothing is asked.
            checks = [c for c in verify(wire(event), document.headline, document.text) if c.what in CHECKS]
            assert {c.what for c in checks} == CHECKS
            assert [c for c in checks if not c.ok] == []


def test_companies_are_told_of_by_zipfs_law() -> None:
    teller = Teller(COMPANIES, random.Random(7))  # noqa: S311 - no secret
    ranks = Counter(int(teller.company(0).id.rpartition("-")[2]) for _ in range(20_000))
    assert ranks[1] > 1.6 * ranks[2] > 2 * ranks[4]
    assert set(ranks) <= set(range(1, COMPANIES + 1))


def test_a_peer_folds_the_same_lines_whatever_the_order() -> None:
    events = [orjson.loads(value) for value in chunk(8, 20, 200)]
    made = []
    for told in (events, events[::-1]):
        rows: dict[str, dict[str, object]] = {}
        for event in told:
            for name in lines(event):
                rows[name] = folded(rows.get(name), event)
        made.append(rows)
    assert made[0] == made[1]
    places = [partition_of(event["home"].encode(), 4) for event in events]
    wanted = sum(
        len(postings(e["home"].encode(), orjson.dumps(e), p, 4)) for e, p in zip(events, places, strict=True)
    )
    assert sum(row["events"] for row in made[0].values()) == wanted
