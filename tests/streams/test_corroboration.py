"""One fact told in Arabic and in English is one line with two origins; copies of one agency are one."""

from __future__ import annotations

import orjson

from seeds.articles import sample_articles
from seeds.document import Document, read_document
from seeds.parse import parse
from streams.codec import wire
from streams.documents import stored
from streams.entries import entries
from streams.explain import explain
from streams.fold import Posted, fold
from streams.from_facts import events

MS = 1_750_000_000_000


def posted_by(*documents: Document) -> dict[str, list[Posted]]:
    lines: dict[str, list[Posted]] = {}
    for document in documents:
        for event in events(parse(document), stored(document), {}).new:
            for line, entry in entries(wire(event)):
                lines.setdefault(str(line), []).append(Posted(orjson.loads(entry), MS))
    return lines


def test_the_shipped_article_and_its_english_twin_are_two_origins_of_one_line() -> None:
    arabic, english = (read_document(path) for path in sample_articles()[:2])
    assert (arabic.language, english.language) == ("ar", "en")
    lines = posted_by(arabic, english)
    for line in (
        "scale-ai|investors|meta-platforms",
        "meta-platforms|investments|scale-ai",
        "scale-ai|customers|openai",
        "scale-ai|valuation|-",
    ):
        step = fold(lines[line])["steps"][-1]
        assert (step["events"], step["origins"]) == (2, 2), line
        why = explain(lines[line])["steps"][-1]
        assert len(why["origins"]) == 2


def test_pieces_that_credit_one_agency_are_one_origin() -> None:
    told = "Meta has invested $14 billion in Scale AI, Reuters reported on Tuesday. "
    texts = (told + "The start-up labels data.", told + "Its founder is young, and shares rose in New York.")
    documents = [
        Document(text=text, language="en", url=f"https://news.example/{n}", published_at="2025-06-17")
        for n, text in enumerate(texts)
    ]
    step = fold(posted_by(*documents)["scale-ai|investors|meta-platforms"])["steps"][-1]
    assert (step["events"], step["origins"]) == (2, 1)
