"""Documents: what is read, and the one clear line for what is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seeds.document import FILE_BYTES_MAX, TEXT_BYTES_MAX, Document, canonical_url, document_id, read_document
from seeds.errors import (
    BadEncoding,
    BadFormat,
    BadMetadata,
    EmptyDocument,
    SeedsError,
    TooLarge,
    UnreadableFile,
    UnsupportedLanguage,
)
from seeds.language import language_of


def test_a_text_file_is_its_text_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("  سطر\u200f أول\r\nSecond \u00a0line\n".encode())
    document = read_document(path, published_at="2025-06-17", language="ar")
    assert document.text == "  سطر\u200f أول\r\nSecond \u00a0line\n"
    assert (document.published_at, document.language, document.headline) == ("2025-06-17", "ar", None)


def test_a_byte_order_mark_is_not_text() -> None:
    assert read_document(b"\xef\xbb\xbfhello", "txt").text == "hello"


def test_json_names_its_parts_and_wins_over_the_options() -> None:
    data = {"headline": "H", "text": "T", "published_at": "2025-01-02T03:04:05Z", "more": 1, "url": None}
    document = read_document(json.dumps(data).encode(), "json", published_at="2020-01-01", language="en")
    assert (document.headline, document.published_at, document.language) == (
        "H",
        "2025-01-02T03:04:05Z",
        "en",
    )


def test_the_article_of_a_page_is_extracted() -> None:
    sentence = "Acme said on Monday that it had bought a small rival for ten million dollars in cash. "
    article = f"<nav>Menu</nav><article><p>{sentence * 5}</p></article>"
    page = f"<html><head><title>Acme buys</title></head><body>{article}</body></html>"
    document = read_document(page.encode(), "html")
    assert "bought a small rival" in document.text
    assert "Menu" not in document.text


@pytest.mark.parametrize(
    ("data", "kind", "error"),
    [
        (b"", "txt", EmptyDocument),
        (b" \n\t", "txt", EmptyDocument),
        ("نص".encode("cp1256"), "txt", BadEncoding),
        ("text".encode("utf-16"), "txt", BadEncoding),
        (b"a\0b", "txt", BadEncoding),
        (b"{", "json", BadFormat),
        (b"[]", "json", BadFormat),
        (b"{}", "json", EmptyDocument),
        (b'{"text": 5}', "json", EmptyDocument),
        (b'{"text": "a", "published_at": "yesterday"}', "json", BadMetadata),
        (b'{"text": "a", "published_at": "2025-02-30"}', "json", BadMetadata),
        (b"<html><body></body></html>", "html", EmptyDocument),
        (b"a" * (TEXT_BYTES_MAX + 1), "txt", TooLarge),
        (b"a" * (FILE_BYTES_MAX + 1), "txt", TooLarge),
    ],
)
def test_what_is_no_document_is_told_in_one_line(data: bytes, kind: str, error: type[SeedsError]) -> None:
    with pytest.raises(error) as caught:
        read_document(data, kind)  # type: ignore[arg-type] # one of the kinds
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(20 * 2**20)
    with pytest.raises(TooLarge, match="20 MiB"):
        read_document(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        read_document(tmp_path / "none.txt")
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(BadFormat, match=r"\.pdf"):
        read_document(tmp_path / "a.pdf")


def test_a_document_is_named_by_its_address_else_by_its_content() -> None:
    plain = Document(text="t")
    assert document_id(plain).startswith("sha256:")
    assert document_id(plain) == document_id(Document(text="t", publisher="P"))
    assert document_id(plain) != document_id(Document(headline="h", text="t"))
    assert document_id(Document(text="t", url="HTTPS://News.Example:443/a?utm_source=x&id=1#top")) == (
        "https://news.example/a?id=1"
    )


@pytest.mark.parametrize("url", ["ftp://a.example/x", "javascript:alert(1)", "http://", "http://a:b:c/"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(BadMetadata):
        canonical_url(url)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Apple said on Tuesday that it had bought a small company for three billion dollars.", "en"),
        ("أعلنت الشركة أنها استحوذت على منافستها مقابل مليار دولار.", "ar"),
    ],
)
def test_the_language_is_detected(text: str, language: str) -> None:
    assert language_of(Document(text=text)) == language


@pytest.mark.parametrize(
    "document",
    [
        Document(text="Le groupe a annoncé mardi le rachat de son concurrent pour un milliard d'euros."),
        Document(text="این شرکت اعلام کرد که سهام رقیب خود را به ارزش یک میلیارد دلار خریده است."),
        Document(text="Apple bought it.", language="de"),
        Document(text="123 456"),
    ],
)
def test_a_language_without_rules_is_refused(document: Document) -> None:
    with pytest.raises(UnsupportedLanguage):
        language_of(document)


def test_a_region_does_not_matter() -> None:
    assert language_of(Document(text="x", language="ar-SA")) == "ar"
