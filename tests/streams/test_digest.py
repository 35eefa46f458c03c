"""Sums that prove two sets of entries equal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.digest import BUCKETS, SUM_BYTES, Digest, bucket, total

ROWS = st.dictionaries(st.binary(min_size=1, max_size=40), st.binary(max_size=40), max_size=30)


def digest(rows):
    made = Digest()
    for key, entry in rows:
        made.add(key, entry)
    return made


@given(ROWS, st.randoms())
def test_order_does_not_matter(rows, random):
    shuffled = list(rows.items())
    random.shuffle(shuffled)
    assert digest(rows.items()).to_bytes() == digest(shuffled).to_bytes()


@given(ROWS, ROWS)
def test_what_is_counted_out_was_never_there(rows, more):
    made = digest([*rows.items(), *more.items()])
    for key, entry in more.items():
        made.remove(key, entry)
    assert made.differing(digest(rows.items())) == []


@given(ROWS.filter(bool), st.data())
def test_a_lost_or_altered_entry_shows_in_its_bucket_and_only_there(rows, data):
    lost = data.draw(st.sampled_from(sorted(rows)))
    whole = digest(rows.items())
    assert whole.differing(digest((k, e) for k, e in rows.items() if k != lost)) == [bucket(lost)]
    altered = digest((k, e + b"!" if k == lost else e) for k, e in rows.items())
    assert altered.differing(whole) == whole.differing(altered) == [bucket(lost)]


def test_key_and_entry_are_told_apart():
    assert digest([(b"ab", b"c")]).to_bytes() != digest([(b"a", b"bc")]).to_bytes()


def test_two_postings_are_not_one():
    assert digest([(b"a", b"b")] * 2).differing(digest([(b"a", b"b")])) == [bucket(b"a")]


def test_an_entry_under_another_line_is_another():
    one, other = digest([(b"line", b"e")]), digest([(b"enil", b"e")])
    assert total([one]) != total([other])


@given(ROWS)
def test_bytes_keep_the_sums(rows):
    made = digest(rows.items())
    assert Digest(made.to_bytes()).differing(made) == []
    assert len(made.to_bytes()) == BUCKETS * SUM_BYTES


@given(ROWS, st.integers(1, 8))
def test_the_total_does_not_depend_on_how_keys_are_partitioned(rows, partitions):
    parts = [digest(list(rows.items())[n::partitions]) for n in range(partitions)]
    assert total(parts) == total([digest(rows.items())])


def test_other_bytes_are_no_digest():
    with pytest.raises(ValueError, match="bytes"):
        Digest(b"\0" * 8)


def test_keys_spread_over_the_buckets():
    assert len({bucket(f"acme|customers|c{n}".encode()) for n in range(5000)}) == BUCKETS


@given(ROWS, ROWS, ROWS)
def test_what_lies_between_two_sums_moves_a_third(known, before, between):
    after = digest([*before.items(), *between.items()])
    wanted = digest([*known.items(), *between.items()])
    assert digest(known.items()).moved(digest(before.items()), after).differing(wanted) == []
