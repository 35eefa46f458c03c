"""Progress rows in a changelog."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import progress
from streams.codec import wire
from streams.entries import entries, table_key
from tests.strategies import events


@given(st.dictionaries(st.sampled_from(["facts.supply", "facts.product"]), st.integers(0, 2**53 - 1)))
def test_a_row_holds_the_next_offsets_of_its_partition(posted):
    read = progress.decode(progress.encode(posted, 7))
    assert read == {topic: {"7": offset} for topic, offset in posted.items()}


def test_each_partition_has_its_row():
    keys = {progress.key(partition) for partition in range(1000)}
    assert len(keys) == 1000
    assert progress.key(258) == b"\0progress\0\x01\x02"


@given(events(), st.integers(0, 999))
def test_a_row_is_never_taken_for_an_entry(event, partition):
    assert progress.is_progress(progress.key(partition))
    for line, _ in entries(wire(event)):
        assert not progress.is_progress(table_key(line, event.id))


@pytest.mark.parametrize(
    "value",
    [
        b"", b"[]", b"null", b'{"t":1}', b'{"t":{"x":1}}', b'{"t":{"01":1}}', b'{"t":{"-1":1}}',
        b'{"t":{"1":-1}}', b'{"t":{"1":"2"}}', b'{"t":{"1":true}}', b'{"t":{"1":1.5}}',
    ],
)  # fmt: skip
def test_what_is_no_row_is_refused(value):
    with pytest.raises(ValueError, match=r".+"):
        progress.decode(value)
