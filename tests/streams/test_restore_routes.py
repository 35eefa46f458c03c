"""Where the records of a log go in a copy with other partitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.restore_routes import Routes
from streams.topics import partition_of

COUNTS = st.integers(1, 20)
HOMES = st.text(min_size=1, max_size=8)


def value(name: str, text: str) -> bytes:
    import orjson

    return orjson.dumps({name: text})


@given(HOMES, COUNTS, COUNTS)
def test_what_is_in_its_place_comes_to_its_place(home: str, old: int, new: int) -> None:
    routes, key = Routes(old, new), home.encode()
    at = partition_of(key, old)
    assert routes.of_event(value("home", home), at) == partition_of(key, new)
    assert routes.of_document(b"any/1", value("document", home), at) == partition_of(key, new)
    assert routes.of_parse(value("document", home), at) == partition_of(key, new)


@given(HOMES, COUNTS, COUNTS, st.integers(0, 19))
def test_what_is_in_a_wrong_place_never_begins_to_count(home: str, old: int, new: int, at: int) -> None:
    at %= old
    if at == partition_of(home.encode(), old):
        return
    went = Routes(old, new).of_event(value("home", home), at)
    if new == 1:
        assert went is None
    else:
        assert went is not None
        assert went != partition_of(home.encode(), new)
        assert 0 <= went < new


@given(st.binary(max_size=20), COUNTS, COUNTS, st.integers(0, 19))
def test_any_bytes_go_somewhere(data: bytes, old: int, new: int, at: int) -> None:
    routes, at = Routes(old, new), at % old
    for went in (routes.of_event(data, at), routes.of_document(data, data, at), routes.of_parse(data, at)):
        assert went is not None
        assert 0 <= went < new


@pytest.mark.parametrize("at", range(4))
def test_with_as_many_partitions_all_stays_where_it_was(at: int) -> None:
    routes = Routes(4, 4)
    for data in (value("home", "openai"), value("document", "x"), None, b"\xff"):
        assert (
            routes.of_event(data, at) == routes.of_document(b"k", data, at) == routes.of_parse(data, at) == at
        )
