"""Where the sentences of a text are.

A sentence ends at . ! ? ؟ ؛ … or at a line's end, unless the mark belongs to a number, an abbreviation, an
initial or a name. Both languages are known at once: English companies stand in Arabic news.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from seeds.lexicon import LexiconModel, load
from seeds.shadow import Shadow, fold

_MARK = re.compile(r"\n|[.!?؟؛…]+[\"'”’»)\]]{0,3}")
_WORD_MAX = 12  # an abbreviation is short: looking back further would cost time and find nothing
_NEXT = re.compile(r"[\s\"'“‘«(\[]{0,6}(\w{0,20})")


class Sentence(NamedTuple):
    """Folded offsets [start, end), without white space around."""

    start: int
    end: int


class _Abbreviations(LexiconModel):
    never: frozenset[str]
    perhaps: frozenset[str]
    openers: frozenset[str]
    letters: frozenset[str] = frozenset()


@cache
def _abbreviations() -> _Abbreviations:
    both = [load(language, "sentences", _Abbreviations) for language in ("ar", "en")]
    return _Abbreviations(
        never=frozenset(fold(w) for a in both for w in a.never),
        perhaps=frozenset(fold(w) for a in both for w in a.perhaps),
        openers=frozenset(fold(w) for a in both for w in a.openers),
        letters=frozenset(fold(w) for a in both for w in a.letters),
    )


def sentences(shadow: Shadow) -> list[Sentence]:
    """Cut a text into sentences, in order; what lies between them is white space."""
    folded = shadow.folded
    found: list[Sentence] = []
    start = 0
    for mark in _MARK.finditer(folded):
        if _ends(shadow, mark):
            _add(found, folded, start, mark.end())
            start = mark.end()
    _add(found, folded, start, len(folded))
    return found


def _add(found: list[Sentence], folded: str, start: int, end: int) -> None:
    while start < end and folded[start].isspace():
        start += 1
    while start < end and folded[end - 1].isspace():
        end -= 1
    if start < end:
        found.append(Sentence(start, end))


def _ends(shadow: Shadow, mark: re.Match[str]) -> bool:
    folded, start, end = shadow.folded, mark.start(), mark.end()
    if mark.group() == "\n":
        return not _is_wrapped(shadow, start)
    after = folded[end : end + 1]
    if not after or after == "\n" or mark.group()[0] == "؛":
        return True
    before = folded[start - 1 : start]
    if not after.isspace():  # "14.8", "example.com"; Arabic often leaves the space out: "الشركة.وقالت"
        word, length = _last_word(folded, start)
        letter = word.rpartition(".")[2]
        named = {letter, letter[1:]} & _abbreviations().letters  # "لإي.إن.إن" is a name
        return _is_arabic(before) and _is_arabic(after) and length > 1 and not named
    if mark.group()[0] in "!?…" or mark.group().startswith(".."):
        return not _opens_lower(shadow, end)  # "Yahoo! said", "he paused … and"
    return mark.group()[0] != "." or _full_stop_ends(shadow, start, end)


def _full_stop_ends(shadow: Shadow, start: int, end: int) -> bool:
    if end - start > 1:  # closed by a quotation mark or a bracket: "Acme (Holdings Inc.) said"
        return not _opens_lower(shadow, end)
    word, length = _last_word(shadow.folded, start)
    known = _abbreviations()
    if word in known.never:
        return False
    if word in known.perhaps:
        following = _NEXT.match(shadow.folded, end)
        return following is not None and following[1] in known.openers and not _opens_lower(shadow, end)
    if length == 1 and word.isalpha():
        return word == "i" and not _opens_lower(shadow, end)  # an initial, "د." or "J."
    return not _opens_lower(shadow, end)


def _last_word(folded: str, end: int) -> tuple[str, int]:
    """Return the word before a mark with the points inside it ("u.s"), and the length of its last part."""
    start = end
    while start > 0 and end - start < _WORD_MAX and (folded[start - 1].isalnum() or folded[start - 1] == "."):
        start -= 1
    word = folded[start:end]
    return word, len(word.rpartition(".")[2])


def _opens_lower(shadow: Shadow, at: int) -> bool:
    """Tell whether what follows is a word in lower case, which goes on with a sentence."""
    following = _NEXT.match(shadow.folded, at)
    if following is None or not following[1]:
        return False
    return shadow.exact(following.start(1), following.start(1) + 1).islower()


def _is_wrapped(shadow: Shadow, at: int) -> bool:
    """Tell whether a line was only broken to fit: the next one goes on in lower case."""
    folded = shadow.folded
    before = folded[at - 1 : at]
    return (
        before not in ("", "\n", ".", "!", "?", ":")
        and folded[at + 1 : at + 2] != "\n"
        and _next_is_lower(shadow, at)
    )


def _next_is_lower(shadow: Shadow, at: int) -> bool:
    following = shadow.folded[at + 1 : at + 2]
    return following.isalpha() and shadow.exact(at + 1, at + 2).islower()


def _is_arabic(char: str) -> bool:
    return "\u0620" <= char <= "\u06ff" and char.isalpha()
