"""English names that are in no list, by their capitals and what stands around them.

A run of capitalised words is a candidate. What stands around its occurrences votes for what it is, over the
whole document (`seeds.names_en_votes`); a candidate without enough votes is no name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property

from seeds.mention import Kind, Mention, Search
from seeds.names_en_votes import PERSON_MAX, TITLE, Piece, Sign, signs, tail_of, word_at
from seeds.naming import Page
from seeds.sentences import sentences

Votes = Counter[Sign]
ENDS = (".", "!", "?", '"', "”")
RUN_MAX = 8
TITLED_SHARE = 0.7  # of the longer words of a line: from here on capitals are only its style
INNER = ("of", "and", "for", "the")  # between capitals: "Bank of X", "Ministry of X and Y"
PUBLIC = ("bank", "university", "ministry", "department", "institute", "council", "board", "bureau", "court")
VOTE_MIN = 2
OUTRIGHT = 3  # votes of one sign: a legal form, "carmaker X", "chairman of X"
COMPOUND_MIN = 5  # letters of a small second half of a compound that is no part of a name
OPENING_TIMES = 2  # a word of this form that opens so many sentences, and is never small, is no plain plural
NOUN_ENDS = ("s", "ing", "ly", "ed", "ion", "ment", "ness", "ity")


def propose(page: Page, known: list[Mention]) -> list[Mention]:
    """Names by capitals, as the votes of all their occurrences decide."""
    search = _Search(page, known)
    pieces = [piece for run in search.runs() for piece in search.pieces(run)]
    votes: dict[str, Votes] = defaultdict(Counter)
    strong = {search.key(p) for p in pieces if not p.weak}
    for piece in pieces:
        for (kind, cue), n in signs(page, piece):
            of = votes[search.key(piece)]
            of[kind, cue] = max(of[kind, cue], n)  # a sign counts once in a document
    _share_titles(votes)
    _leave_to_people(votes)
    found = [m for run in search.runs() for m in search.extended(run)]
    tails = page.lexicon.lists["place_tails"]
    for piece in pieces:
        if piece.last - piece.first > 1 and word_at(page, piece.last - 1) in tails:
            found.append(search.mention(piece.first, piece.last, "PLACE", "place"))  # "Kent County"
            continue
        key = search.key(piece)
        if key in page.lexicon.lists["not_names"]:
            continue
        if votes[key] and (key in strong or piece.last - piece.first > 1 or search.opens(key)):
            kind, cue = max(
                votes[key], key=lambda sign: (_total(votes[key], sign[0]), votes[key][sign], sign)
            )
            if _total(votes[key], kind) >= VOTE_MIN:
                found.append(search.mention(piece.first, piece.last, kind, cue))
    return found


def _total(votes: Votes, kind: Kind) -> int:
    return sum(n for (k, _), n in votes.items() if k == kind)


def _share_titles(votes: dict[str, Votes]) -> None:
    """Carry a title over to the full name: after "Ms Tan", Lillian Tan is a person."""
    titled = {key for key, of in votes.items() if of["PERSON", TITLE] and " " not in key}
    for key, of in votes.items():
        words = key.split()
        if 1 < len(words) <= PERSON_MAX and (words[-1] in titled or words[0] in titled):
            of["PERSON", TITLE] = 4


def _leave_to_people(votes: dict[str, Votes]) -> None:
    """Drop a word that is part of a person's name and that nothing says outright to be a company's.

    "Durcan joined the firm" is as companies do, but Mark Durcan is a person: `seeds.names_told` finds him.
    """
    people = {part for key, of in votes.items() if _is_person(key, of) for part in key.split()}
    for key in people & votes.keys():
        of = votes[key]
        is_told = any(kind == "ORG" and n >= OUTRIGHT for (kind, _), n in of.items())
        if not is_told and _total(of, "ORG") > _total(of, "PERSON"):
            of.clear()


def _is_person(key: str, of: Votes) -> bool:
    is_long = 1 < len(key.split()) <= PERSON_MAX
    return is_long and _total(of, "PERSON") > max(_total(of, "ORG"), VOTE_MIN)


class _Search(Search):
    def __init__(self, page: Page, known: list[Mention]) -> None:
        super().__init__(page, known)
        self.titled = self._titled()

    def _titled(self) -> set[int]:
        """Return the tokens of lines in which nearly every word has a capital, as headlines do."""
        page = self.page
        found: set[int] = set()
        for s in sentences(page.shadow):
            span = range(page.behind(s.start), page.behind(s.end))
            long = [i for i in span if page.is_latin(i) and len(page.folded(i)) > 3]
            closed = page.folded(span[-1]) in ENDS if span else True  # headlines have no full stop
            if not closed and len(long) > 3 and sum(map(page.is_capital, long)) > TITLED_SHARE * len(long):
                found.update(span)
        return found

    def key(self, piece: Piece) -> str:
        """Return the folded words of a candidate, by which its occurrences are told to be the same."""
        m = self.mention(piece.first, piece.last, "ORG", "")
        return " ".join(self.page.shadow.folded[m.start : m.end].split())

    @cached_property
    def small(self) -> set[str]:
        """Return the words that the text writes without a capital."""
        page = self.page
        return {page.folded(i) for i in range(len(page.tokens)) if not page.is_capital(i)}

    def opens(self, key: str) -> bool:
        """Tell whether a word that only opens sentences may be a name: "Velmora has bought …".

        A word that the text also writes small is none, and a form that plain nouns have must stand again.
        """
        plain = key.endswith(NOUN_ENDS) and self.page.count[key] < OPENING_TIMES
        return key.isalpha() and len(key) > 2 and not plain and key not in self.small

    # -- runs of capitals

    def runs(self) -> Iterator[range]:
        """Return runs of capitalised words; small words may stand inside, numbers at the end."""
        page, i = self.page, 0
        while i < len(page.tokens):
            if not (page.is_latin(i) and page.is_capital(i)) or i in self.titled:
                i += 1
                continue
            last = i + 1
            while last < i + RUN_MAX and not page.folded(last - 1).endswith(("'s", "’s")):
                step = self._step(i, last)
                if not step:
                    break
                last += step
            yield range(i, last)
            i = last

    def _step(self, first: int, i: int) -> int:
        """How many tokens a run goes on for at token `i`."""
        page = self.page
        if not page.close(i):
            return 0
        word = page.folded(i)
        if (
            (page.is_latin(i) and page.is_capital(i))
            or word == "plc"
            or (word.isdigit() and page.starts[i] > page.tokens[i - 1].end)
        ):
            return 1
        capital = (
            i + 1 < len(page.tokens) and page.is_latin(i + 1) and page.is_capital(i + 1) and page.close(i + 1)
        )
        hyphen = word == "-" and page.starts[i] == page.tokens[i - 1].end  # Lip-Bu, Mong-koo
        if hyphen and page.folded(i + 1) in ("based", "listed", "backed", "owned"):
            return 0  # "Nevada-based X"
        if (
            hyphen
            and page.is_latin(i + 1)
            and not page.is_capital(i + 1)
            and len(page.folded(i + 1)) >= COMPOUND_MIN
        ):
            return 0  # "Loss-making X"
        if hyphen and page.is_latin(i + 1) and page.starts[i + 1] == page.tokens[i].end:
            return 2
        if word == "&" or word in self.lists["person_joint"]:
            return 2 if capital else 0
        if (word in INNER and capital and page.folded(i - 1) in PUBLIC) or (word == "of" and capital):
            return 2 if any(page.folded(j) in PUBLIC for j in range(first, i)) else 0
        initial = len(page.folded(i - 1)) == 1 and word == "." and capital
        return 2 if initial else 0

    def pieces(self, run: range) -> Iterator[Piece]:
        """Return a run cut at titles, known names and ordinary capitalised words."""
        page = self.page
        first = run.start
        compound = page.folded(run.stop) == "-" and len(run) == 1 and page.is_latin(run.stop + 1)
        if compound and page.close(run.stop + 1) and not page.is_capital(run.stop + 1):
            return  # "Loss-making", "Nevada-based"
        for i in [*run, run.stop]:
            cut = i == run.stop or self._cuts(i, run)
            if not cut:
                continue
            while first < i and not (page.is_latin(first) and page.is_capital(first)):
                first += 1  # what a cut leaves of "Kuwait-based X"
            last = i
            while last > first and not page.tokens[last - 1].is_word:
                last -= 1
            if first < last and not all(self._no_name(j) for j in range(first, last)):
                yield Piece(first, last, first in page.opening)
            first = i + 1

    def _no_name(self, i: int) -> bool:
        """Tell whether a word is none by itself: a legal form, a closing noun, a single letter."""
        word = word_at(self.page, i)
        return len(word) < 2 or word in self.lists["legal_forms"] or word in self.lists["organisation_tails"]

    def _cuts(self, i: int, run: range) -> bool:
        page, word = self.page, word_at(self.page, i)
        if i in self.covered:
            return True
        if i == run.start and word in self.lists["starters"] and (i in page.opening or len(word) < 4):
            return True
        if self._is_title(i):
            return True
        tailed = tail_of(self.page, run.start, run.stop) is not None
        return word in self.lists["ordinary"] and not (
            (tailed and i > run.start) or (tailed and len(run) > 2)
        )

    def _is_title(self, i: int) -> bool:
        cue = self.page.cues.get(i + 1)
        return (
            cue is not None and cue.group == "person" and cue.first <= i and self.page.exact(i)[0].isupper()
        )

    def extended(self, run: range) -> Iterator[Mention]:
        """Known names with a legal form behind, and longer names that begin with a known one or a place."""
        page, tail = self.page, tail_of(self.page, run.start, run.stop)
        known = [(i, self.known[i]) for i in run if i in self.known]
        if tail is None or not known:
            return
        at, last = known[-1]
        rest = [word_at(page, i) for i in range(page.behind(last.end), run.stop)]
        if rest and last.kind == "ORG" and all(word in self.lists["legal_forms"] for word in rest):
            yield self.mention(at, run.stop, "ORG", "alias", ids=last.candidates)
        elif rest and not (last.kind == "ORG" and " " in last.name):
            first = known[0][0] if known[0][1].kind == "PLACE" and len(known) == 1 else at
            yield self.mention(first, run.stop, "ORG", tail)
