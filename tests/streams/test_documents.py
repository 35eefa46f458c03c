"""Revisions of documents and the answers to them, as records."""

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seeds.document import Document
from seeds.facts import Rejected
from streams.codec import wire
from streams.documents import (
    RECORD_BYTES_MAX,
    Change,
    ParseRecord,
    Place,
    Request,
    Status,
    decode_document,
    decode_parse,
    encode,
    stored,
    unreadable,
)
from streams.errors import CodecError, Invalid, NewerVersion, NotJson, TooLong
from tests.strategies import documents, events


def record_of(document, **more):
    return ParseRecord(
        partition=1,
        offset=7,
        document=document.document,
        revision=document.revision,
        change=document.change,
        status=Status.PARSED,
        extractor="rules",
        version="1",
        **more,
    )


@given(documents())
def test_a_document_is_written_canonically_and_read_as_the_same(document):
    value = encode(document)
    assert value == rfc8785.dumps(orjson.loads(value))
    assert decode_document(value) == document


@given(documents(), st.lists(events(), max_size=2))
def test_an_answer_is_written_canonically_and_read_as_the_same(document, told):
    record = record_of(document, events=tuple(map(wire, told)), error="x")
    value = encode(record)
    assert value == rfc8785.dumps(orjson.loads(value))
    assert decode_parse(value) == record


@given(documents())
def test_a_newer_writers_fields_are_ignored_and_its_changes_are_other(document):
    data = orjson.loads(encode(document)) | {"change": "embargoed", "embargo": "2030"}
    assert decode_document(orjson.dumps(data)).change is Change.OTHER


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b"{}", b"\xff"])
@pytest.mark.parametrize("decode", [decode_document, decode_parse])
def test_what_is_no_record_is_refused(decode, value):
    with pytest.raises(CodecError) as caught:
        decode(value)
    assert type(caught.value) in (NotJson, Invalid)


RECORDS = {
    decode_document: encode(stored(Document(text="x"))),
    decode_parse: encode(record_of(stored(Document(text="x")))),
}


@pytest.mark.parametrize("decode", RECORDS)
def test_a_record_tells_its_version_and_one_without_is_of_the_first(decode):
    data = orjson.loads(RECORDS[decode])
    assert data.pop("schema_version") == 1
    assert decode(orjson.dumps(data)) == decode(RECORDS[decode])


@pytest.mark.parametrize("decode", RECORDS)
def test_a_newer_version_is_told_apart_even_where_nothing_else_is_known(decode):
    with pytest.raises(NewerVersion, match="update it first"):
        decode(b'{"schema_version":2,"moon":"full"}')


@pytest.mark.parametrize("version", [0, -1, "2", True, 1.5, None, []])
@pytest.mark.parametrize("decode", RECORDS)
def test_a_version_that_is_no_number_does_not_stop_a_worker(decode, version):
    with pytest.raises(Invalid, match="schema_version"):
        decode(orjson.dumps(orjson.loads(RECORDS[decode]) | {"schema_version": version}))


@pytest.mark.parametrize("decode", RECORDS)
def test_what_no_topic_takes_is_not_even_parsed(decode):
    with pytest.raises(TooLong, match="8388608"):
        decode(RECORDS[decode] + b" " * RECORD_BYTES_MAX)


@pytest.mark.parametrize("told", [0, "yesterday", "2025-06-17T09:30:00", "2025-13-01", "٢٠٢٥-٠٦-١٧"])
@pytest.mark.parametrize("name", ["fetched_at", "published_at"])
def test_what_is_no_moment_is_refused(name, told):
    with pytest.raises(Invalid, match=name):
        decode_document(orjson.dumps(orjson.loads(RECORDS[decode_document]) | {name: told}))


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("2025-06-17", "2025-06-17"),
        ("2025-06-17T09:30:00.50+03:00", "2025-06-17T09:30:00.50+03:00"),
        ("2025-06-17T09:30Z", "2025-06-17T09:30:00Z"),
        ("2025-06-17T09:30:00.123456789Z", "2025-06-17T09:30:00.123456Z"),
    ],
)
def test_a_time_of_publication_is_stored_with_its_seconds(told, kept):
    assert stored(Document(text="x", published_at=told)).published_at == kept


PLACE = Place("documents", 3, 14)


@given(documents())
def test_what_is_no_revision_is_answered_by_what_its_key_names(document):
    record = unreadable(document.key, PLACE, "rules", "1", "not JSON" * 1000)
    assert decode_parse(encode(record)) == record
    assert (record.document, record.revision) == (document.document, document.revision)
    assert (record.partition, record.offset, record.status, record.events) == (3, 14, Status.FAILED, ())
    assert record.error.startswith("not JSON")


@pytest.mark.parametrize(
    "key", [None, b"", b"/", b"\xff\xff", b"a/b", b"/01JXY0000000000000000GDEN1", b"x" * 9000]
)
def test_where_the_key_names_nothing_neither_does_the_answer(key):
    record = unreadable(key, PLACE, "rules", "1", "not JSON")
    assert (record.document, record.revision) == ("", "")
    assert decode_parse(encode(record)) == record


ARTICLE = Document(
    headline="خبر", text="نص المقال.", url="https://News.example/1?utm_source=x#top", language="ar"
)


def test_an_article_is_stored_as_it_came_under_a_canonical_address():
    document = stored(ARTICLE)
    assert document.document == "https://news.example/1"
    assert document.as_document() == ARTICLE
    assert document.key == f"https://news.example/1/{document.revision}".encode()


def test_without_an_address_the_content_names_the_document():
    bare = ARTICLE.model_copy(update={"url": None})
    assert stored(bare).document == stored(bare).document
    assert stored(bare).document.startswith("sha256:")
    assert stored(bare).document != stored(bare.model_copy(update={"headline": None})).document


def test_each_article_has_a_salt_of_its_own():
    assert stored(ARTICLE).salt != stored(ARTICLE).salt


def test_a_further_change_is_a_later_revision_with_the_same_text_and_salt():
    first = stored(ARTICLE)
    later = first.changed(Change.WITHDRAWN, Request(id="r-1", by="desk"))
    assert later.key != first.key
    assert (later.text, later.salt, later.document) == (first.text, first.salt, first.document)
    assert (later.change, later.request.by) == (Change.WITHDRAWN, "desk")


def test_the_reason_of_a_change_is_kept_in_at_most_300_characters_and_may_be_absent():
    later = stored(ARTICLE).changed(Change.WITHDRAWN, Request(id="r-1", by="desk", reason="ن" * 300))
    assert decode_document(encode(later)) == later
    assert b"reason" not in encode(stored(ARTICLE).changed(Change.WITHDRAWN, Request(id="r-1", by="desk")))
    with pytest.raises(ValidationError, match="300"):
        Request(id="r-1", by="desk", reason="ن" * 301)


def test_rejected_candidates_give_way_where_a_record_would_be_too_long():
    document = stored(ARTICLE)
    many = tuple(Rejected(type="supply", rule="r", reason="x" * 500) for _ in range(20_000))
    value = encode(record_of(document, rejected=many))
    assert len(value) <= RECORD_BYTES_MAX
    kept = decode_parse(value).rejected
    assert 0 < len(kept) < len(many)


def test_the_longest_text_fits_into_a_record():
    worst = "\x01" * (1 << 20)  # six bytes each as JSON
    assert len(encode(stored(ARTICLE.model_copy(update={"text": worst})))) < RECORD_BYTES_MAX
