"""Revisions of documents and the answers to them, as records."""

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from seeds.document import Document
from seeds.facts import Rejected
from streams.codec import wire
from streams.documents import (
    RECORD_BYTES_MAX,
    Change,
    ParseRecord,
    Request,
    Status,
    decode_document,
    decode_parse,
    encode,
    stored,
)
from streams.errors import CodecError, Invalid, NotJson
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
