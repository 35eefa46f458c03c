import pytest

from seeds.document import Document
from streams import codec, documents
from streams.documents import Change, ParseRecord, Place, Request, Status, stored
from streams.parse_index import ParseIndex, content_hash, stands_unchanged
from tests.api.making import investment

ARTICLE = stored(Document(text="A fund bought a firm.", url="https://news.example/1", language="en"))
ASKED = Request(id="r", by="test")
ME = ("rules", "1")


def answer(offset, *made, status=Status.PARSED, change=Change.TEXT, version="1"):
    record = ParseRecord(
        partition=0,
        offset=offset,
        document=ARTICLE.document,
        revision=ARTICLE.revision,
        change=change,
        status=status,
        extractor="rules",
        version=version,
        text_sha256=ARTICLE.text_sha256,
        events=tuple(codec.wire(event) for event in made),
    )
    return documents.encode(record)


@pytest.fixture
def index(tmp_path):
    made = ParseIndex(tmp_path / "index.db")
    yield made
    made.close()


def live_ids(index):
    return {data["id"] for data in index.known(ARTICLE.document).live.values()}


def test_the_first_answer_of_a_place_counts_and_no_later_one(index):
    one, two = investment("a", "b"), investment("c", "d")
    index.follow(0, 0, answer(5, one))
    index.follow(0, 1, answer(5, two))
    assert index.answered_by(0, 5) == 0
    assert live_ids(index) == {one.id}
    assert index.next_offset(0) == 2


def test_following_twice_changes_nothing(index):
    one, two = investment("a", "b"), investment("c", "d")
    for _ in range(2):
        index.follow(0, 0, answer(5, one))
        index.follow(0, 1, answer(6, two, status=Status.REPARSED, change=Change.REPARSE))
    assert live_ids(index) == {one.id, two.id}


@pytest.mark.parametrize("status", [Status.FAILED, Status.UNCHANGED])
def test_a_failed_or_unchanged_revision_leaves_all_as_it_stood(index, status):
    one = investment("a", "b")
    index.follow(0, 0, answer(5, one))
    index.follow(0, 1, answer(6, status=status, version="2"))
    assert live_ids(index) == {one.id}
    assert index.known(ARTICLE.document).version == "1"


def test_what_cannot_be_decoded_answers_nothing_and_is_passed(index):
    index.follow(0, 0, b"no JSON")
    assert index.next_offset(0) == 1


def test_what_is_forgotten_is_followed_anew(index):
    one = investment("a", "b")
    index.follow(0, 3, answer(5, one))
    index.forget()
    assert (index.next_offset(0), index.answered_by(0, 5), live_ids(index)) == (0, None, set())
    index.follow(0, 0, answer(5, one))
    assert live_ids(index) == {one.id}


def test_it_stands_in_the_file(tmp_path):
    first = ParseIndex(tmp_path / "index.db")
    first.follow(3, 7, answer(5, investment("a", "b")))
    first.close()
    second = ParseIndex(tmp_path / "index.db")
    assert (second.next_offset(3), second.answered_by(0, 5)) == (8, 7)
    second.close()


def test_the_same_content_read_by_the_same_extractor_stands(index):
    content = content_hash(ARTICLE)
    index.follow(0, 0, answer(5), {Place("documents", 0, 5): content})
    known = index.known(ARTICLE.document)
    again = stored(ARTICLE.as_document())
    assert stands_unchanged(again, content_hash(again), known, *ME)
    assert not stands_unchanged(again, content_hash(again), known, "rules", "2")
    renamed = again.model_copy(update={"headline": "Another headline"})
    assert not stands_unchanged(renamed, content_hash(renamed), known, *ME)
    dated = again.model_copy(update={"published_at": "2025-06-17"})
    assert not stands_unchanged(dated, content_hash(dated), known, *ME)


def test_a_withdrawn_document_comes_back_with_a_text_but_not_with_a_reparse(index):
    content = content_hash(ARTICLE)
    index.follow(0, 0, answer(5), {Place("documents", 0, 5): content})
    index.follow(0, 1, answer(6, status=Status.WITHDRAWN, change=Change.WITHDRAWN))
    known = index.known(ARTICLE.document)
    assert known.withdrawn
    assert stands_unchanged(ARTICLE.changed(Change.REPARSE, ASKED), content, known, *ME)
    assert not stands_unchanged(ARTICLE.changed(Change.REINSTATED, ASKED), content, known, *ME)
    assert not stands_unchanged(ARTICLE, content, known, *ME)
    index.follow(0, 2, answer(7), {Place("documents", 0, 7): content})
    assert not index.known(ARTICLE.document).withdrawn


def test_what_could_never_be_parsed_is_withdrawn_all_the_same(index):
    index.follow(0, 0, answer(5, status=Status.FAILED))
    index.follow(0, 1, answer(6, status=Status.WITHDRAWN, change=Change.WITHDRAWN))
    known = index.known(ARTICLE.document)
    assert known.withdrawn
    assert known.place is None
    assert stands_unchanged(ARTICLE.changed(Change.REPARSE, ASKED), content_hash(ARTICLE), known, *ME)
