"""The shadow of a text: what matching runs on, with a way back to the text as written.

The text itself is never changed, because evidence spans count in it. Its shadow is folded one code point at
a time, so that a folded range always maps back to whole code points of the original.
"""

from __future__ import annotations

import unicodedata
from array import array
from bisect import bisect_right
from itertools import accumulate

TATWEEL = "\u0640"
EXPANSION_MAX = 4  # ﷲ folds to four letters; ﷺ would to eighteen, and let a hostile text outgrow its limit

_LETTERS = {
    **dict.fromkeys("أإآٱ", "ا"),
    **dict.fromkeys("ىیې", "ي"),
    **dict.fromkeys("ةہھە", "ه"),
    **dict.fromkeys("کڪ", "ك"),
}
_MARKS = {
    "٫": ".",
    "٬": ",",
    "٪": "%",
    "\u2028": "\n",
    "\u2029": "\n",
    "\u2010": "-",
    "\u2011": "-",
    "\u2212": "-",
}
_PRECOMPOSED = ((0x00C0, 0x06FF), (0x1E00, 0x1FFF))  # Latin, Greek, Cyrillic, Arabic: é is e and a mark
_PRESENTATION = ((0xFB00, 0xFB06), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC), (0xFF01, 0xFF5E))
_KEPT_HAMZA = "ؤئ"  # their hamza is part of the spelling, unlike that of an initial alif


def _within(char: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(char) <= last for first, last in ranges)


def _is_mark(char: str) -> bool:
    """Tell what is written onto the letter before it: diacritics, tatweel, variation selectors."""
    return char == TATWEEL or unicodedata.combining(char) != 0 or "\ufe00" <= char <= "\ufe0f"


def _fold_char(char: str) -> str:
    if _is_mark(char) or unicodedata.category(char) == "Cf":
        return ""
    if char in _LETTERS or char in _MARKS:
        return _LETTERS.get(char) or _MARKS[char]
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Zs":
        return " "
    plain = char.casefold()
    if _within(char, _PRESENTATION):
        plain = unicodedata.normalize("NFKC", plain)
    elif _within(char, _PRECOMPOSED) and char not in _KEPT_HAMZA:
        plain = unicodedata.normalize("NFD", plain)
    if len(plain) > EXPANSION_MAX:
        return char
    return plain if plain == char else "".join(map(_fold_char, plain))


class _Table(dict[str, str]):
    """Folded form by code point, filled as they occur; only the 65,536 of the basic plane are kept."""

    def __missing__(self, char: str) -> str:
        folded = _fold_char(char)
        if char <= "\uffff":
            self[char] = folded
        return folded


_table = _Table()


def fold(text: str) -> str:
    """Fold a pattern or a name in the same way as a text. Folding twice changes nothing."""
    return "".join(map(_table.__getitem__, text))


class Shadow:
    """A text and its folded form.

    `text` is the original. In `folded`, diacritics, tatweel and invisible marks are gone; أإآٱ are ا, ى is
    ي, ة is ه, é is e; digits, decimal and thousands separators and percent signs are ASCII; letters are case
    folded. The Arabic comma ، stays what it is, since it may part a list or (`1،22`) decimals.
    """

    __slots__ = ("_ends", "folded", "text")

    def __init__(self, text: str) -> None:
        pieces = list(map(_table.__getitem__, text))
        self.text = text
        self.folded = "".join(pieces)
        self._ends = array("I", accumulate(map(len, pieces)))  # folded offset behind each code point

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Map folded offsets [start, end) to offsets in `text`.

        What was dropped inside is covered, and so are the marks on the last letter. Raises ValueError for
        a range that is not in the folded text.
        """
        if not 0 <= start <= end <= len(self.folded):
            msg = f"[{start}, {end}) is not a range of {len(self.folded)} folded characters"
            raise ValueError(msg)
        first = bisect_right(self._ends, start)
        if start == end:
            return first, first
        last = bisect_right(self._ends, end - 1) + 1
        while last < len(self.text) and _is_mark(self.text[last]):
            last += 1
        return first, last

    def exact(self, start: int, end: int) -> str:
        """Return the text as written behind folded offsets."""
        first, last = self.origin(start, end)
        return self.text[first:last]
