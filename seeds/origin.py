"""Where a piece of news comes from in the end, so that wire copies do not count as independent origins.

From the document alone, whatever else has been seen: the agency that it credits, else a MinHash key. That
is the smallest hash of its shingles, which two texts share with a probability of their Jaccard similarity:
copies that lack a sentence about nine times in ten, unrelated texts never.
"""

from __future__ import annotations

import hashlib
import re

from seeds.document import Document
from seeds.shadow import fold

SHINGLE_WORDS = 5
READ_CODE_POINTS = 20_000  # of a longer text the beginning tells enough
CREDIT_CODE_POINTS = 300  # an agency is credited in the dateline or in the last line
AGENCIES = {
    "reuters": ("reuters", "رويترز"),
    "afp": ("afp", "agence france-presse", "أ ف ب", "أ.ف.ب", "فرانس برس"),
    "ap": ("(ap)", "associated press", "أسوشيتد برس"),
    "bloomberg": ("(bloomberg)", "bloomberg news", "وكالة بلومبرغ", "وكالة بلومبيرغ"),
    "dpa": ("dpa", "د ب أ", "د.ب.أ"),
    "spa": ("(spa)", "saudi press agency", "واس", "وكالة الأنباء السعودية"),
    "wam": ("(wam)", "وام", "وكالة أنباء الإمارات"),
    "xinhua": ("xinhua", "شينخوا"),
}
CLITICS = "[وف]?[بلك]?"  # "and", "by", "to" are written onto the name
_CREDITS = {
    agency: re.compile(rf"(?<!\w){CLITICS}(?:{'|'.join(re.escape(fold(name)) for name in names)})(?!\w)")
    for agency, names in AGENCIES.items()
}


def origin(document: Document) -> str:
    """Give the key under which copies of one report fall together: `agency:…` or `near:…`."""
    text = document.text.strip()
    for part in (text[:CREDIT_CODE_POINTS], text.rpartition("\n")[2][-CREDIT_CODE_POINTS:]):
        folded = fold(part)
        for agency, credit in _CREDITS.items():
            if credit.search(folded):
                return f"agency:{agency}"
    return f"near:{_smallest_shingle(text)}"


def _smallest_shingle(text: str) -> str:
    words = re.findall(r"\w+", fold(text[:READ_CODE_POINTS]))
    shingles = {" ".join(words[i : i + SHINGLE_WORDS]) for i in range(max(1, len(words) - SHINGLE_WORDS + 1))}
    return min(hashlib.sha256(shingle.encode()).hexdigest()[:16] for shingle in shingles)
