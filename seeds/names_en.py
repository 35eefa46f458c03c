"""English names that are in no list, by their capitals and what stands around them.

A run of capitalised words is a candidate. What stands around its occurrences (a legal form, a title, "shares
in X", "X said") votes for what it is, over the whole document; a candidate without a vote is no name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from seeds.names import Kind, Mention
from seeds.naming import QUOTE_PAIRS, Page
from seeds.sentences import sentences

RUN_MAX = 8
TITLED_SHARE = 0.7  # of the longer words of a line: from here on capitals are only its style
INNER = ("of", "and", "for", "the")  # between capitals: "Bank of X", "Ministry of X and Y"
PUBLIC = ("bank", "university", "ministry", "department", "institute", "council", "board", "bureau", "court")
LOOK_AROUND = 3
VOTE_MIN = 2
PERSON_MAX = 4
TITLE = "title"
RELATIVES: dict[str, Kind] = {"which": "ORG", "who": "PERSON"}
EMPLOYED = ("of", "at", "with", "for", "from")  # between a role and its organisation

Sign = tuple[Kind, str]
Votes = Counter[Sign]


class Piece(NamedTuple):
    """A run of tokens [first, last) that may be a name; `weak` if its capital may be the sentence's."""

    first: int
    last: int
    weak: bool


def propose(page: Page, known: list[Mention]) -> list[Mention]:
    """Names by capitals, as the votes of all their occurrences decide."""
    search = _Search(page, known)
    pieces = [piece for run in search.runs() for piece in search.pieces(run)]
    votes: dict[str, Votes] = defaultdict(Counter)
    strong = {search.key(p) for p in pieces if not p.weak}
    for piece in pieces:
        for (kind, cue), n in search.votes(piece):
            of = votes[search.key(piece)]
            of[kind, cue] = max(of[kind, cue], n)  # a sign counts once in a document
    search.share_titles(votes)
    found = [m for run in search.runs() for m in search.extended(run)]
    for piece in pieces:
        key = search.key(piece)
        if votes[key] and (key in strong or piece.last - piece.first > 1):
            (kind, cue), _ = max(votes[key].items(), key=lambda kv: (_total(votes[key], kv[0][0]), kv[1]))
            if _total(votes[key], kind) >= VOTE_MIN:
                found.append(search.mention(piece.first, piece.last, kind, cue))
    return found


def _total(votes: Votes, kind: Kind) -> int:
    return sum(n for (k, _), n in votes.items() if k == kind)


class _Search:
    def __init__(self, page: Page, known: list[Mention]) -> None:
        self.page = page
        self.lists = page.lexicon.lists
        self.known = {page.token_at(m.start): m for m in known if m.cue != "part"}
        self.covered = {i for at, m in self.known.items() for i in range(at, page.behind(m.end))}
        self.titled = self._titled()

    def _titled(self) -> set[int]:
        """The tokens of lines in which nearly every word has a capital, as headlines do."""
        page = self.page
        found: set[int] = set()
        for s in sentences(page.shadow):
            span = range(page.behind(s.start), page.behind(s.end))
            long = [i for i in span if page.is_latin(i) and len(page.folded(i)) > 3]
            if len(long) > 3 and sum(map(page.is_capital, long)) > TITLED_SHARE * len(long):
                found.update(span)
        return found

    def mention(self, first: int, last: int, kind: Kind, cue: str, ids: tuple[str, ...] = ()) -> Mention:
        """The tokens [first, last) as a name, without a possessive."""
        page = self.page
        start, end = page.starts[first], page.tokens[last - 1].end
        if page.folded(last - 1).endswith(("'s", "’s")):
            end -= 2
        return Mention(start, end, kind, ids, page.shadow.exact(start, end), cue)

    def key(self, piece: Piece) -> str:
        """The words of a candidate, by which its occurrences are told to be the same."""
        return " ".join(self.word(i) for i in range(piece.first, piece.last))

    def word(self, i: int) -> str:
        """The folded word at a token without a possessive."""
        return self.page.folded(i).removesuffix("'s").removesuffix("’s")

    # -- runs of capitals

    def runs(self) -> Iterator[range]:
        """Runs of capitalised words; small words may stand inside, numbers and legal forms at the end."""
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
            page.is_latin(i)
            and page.is_capital(i)
            or word.isdigit()
            and page.starts[i] > page.tokens[i - 1].end
        ):
            return 1
        capital = (
            i + 1 < len(page.tokens) and page.is_latin(i + 1) and page.is_capital(i + 1) and page.close(i + 1)
        )
        hyphen = word == "-" and page.starts[i] == page.tokens[i - 1].end  # Lip-Bu, Mong-koo
        if hyphen and page.is_latin(i + 1) and page.starts[i + 1] == page.tokens[i].end:
            return 2
        if word == "&" or word in self.lists["person_joint"]:
            return 2 if capital else 0
        if word in INNER and capital and page.folded(i - 1) in PUBLIC or word == "of" and capital:
            return 2 if any(page.folded(j) in PUBLIC for j in range(first, i)) else 0
        initial = len(page.folded(i - 1)) == 1 and word == "." and capital
        return 2 if initial else 0

    def pieces(self, run: range) -> Iterator[Piece]:
        """A run cut at titles, known names and ordinary capitalised words."""
        page = self.page
        first = run.start
        for i in [*run, run.stop]:
            cut = i == run.stop or self._cuts(i, run)
            if not cut:
                continue
            if i > first and any(page.is_latin(j) for j in range(first, i)):
                yield Piece(first, i, first in page.opening)
            first = i + 1

    def _cuts(self, i: int, run: range) -> bool:
        page, word = self.page, self.word(i)
        if i in self.covered:
            return True
        if i == run.start and word in self.lists["starters"] and (i in page.opening or len(word) < 4):
            return True
        if self._is_title(i):
            return True
        tailed = self._tail(run) is not None
        return word in self.lists["ordinary"] and not (tailed and i > run.start or tailed and len(run) > 2)

    def _is_title(self, i: int) -> bool:
        cue = self.page.cues.get(i + 1)
        return (
            cue is not None and cue.group == "person" and cue.first <= i and self.page.exact(i)[0].isupper()
        )

    def _tail(self, run: range) -> str | None:
        """The legal form or the noun that closes an organisation's name."""
        word = self.word(run.stop - 1)
        if len(run) > 1 and (word in self.lists["legal_forms"] or word in self.lists["organisation_tails"]):
            return word
        return None

    def extended(self, run: range) -> Iterator[Mention]:
        """Known names with a legal form behind, and longer names that begin with a known one or a place."""
        page, tail = self.page, self._tail(run)
        if tail is None:
            return
        at = next((i for i in run if i in self.known), None)
        if at is None:
            return
        known = self.known[at]
        behind = page.behind(known.end)
        if behind == run.stop - 1 and tail in self.lists["legal_forms"] and known.kind == "ORG":
            yield self.mention(at, run.stop, "ORG", "alias", known.candidates)
        elif behind < run.stop and tail in self.lists["organisation_tails"]:
            yield self.mention(at, run.stop, "ORG", tail)

    # -- votes

    def votes(self, piece: Piece) -> Iterator[tuple[Sign, int]]:
        """What the surroundings of one occurrence say, and how clearly."""
        page, first, last = self.page, piece.first, piece.last
        tail = self._tail(range(first, last))
        if tail is not None:
            yield ("ORG", tail), 6
        before, behind = page.cues.get(self._before(first)), self._cue_at(last)
        if before is not None and before.group in _KINDS:
            if before.group != "person" or last - first <= PERSON_MAX:
                yield (
                    (
                        _KINDS[before.group],
                        TITLE if before.group == "person" else page.exact(before.last - 1),
                    ),
                    4,
                )
        if behind in ("organisation", "product") and last - first <= PERSON_MAX:
            yield (_KINDS[behind], page.exact(last)), 2
        if last - first > 1 and page.folded(last - 1).isdigit():
            yield ("PRODUCT", "number"), 3
        if 1 < last - first <= PERSON_MAX and self.word(first) in self.lists["given"]:
            yield ("PERSON", "first name"), 3
        yield from self._apposition(piece)
        yield from self._company_signs(piece)

    def _before(self, i: int) -> int:
        return i - 1 if self.page.folded(i - 1) in QUOTE_PAIRS else i

    def _cue_at(self, i: int) -> str | None:
        """The kind of cue that is the one word at a token."""
        cue = self.page.cues.get(i + 1)
        return cue.group if cue is not None and cue.first == i and cue.group in _KINDS else None

    def _apposition(self, piece: Piece) -> Iterator[tuple[Sign, int]]:
        """A role behind a comma, "X, chief executive of", or a kind of company, "X, the carmaker"."""
        page, last = self.page, piece.last
        if page.folded(last) != ",":
            return
        if page.folded(last + 1) in RELATIVES:
            yield (RELATIVES[page.folded(last + 1)], "relative"), 3
        words = [page.folded(last + 1 + n) for n in range(LOOK_AROUND)]
        text = " ".join(words) + " "
        role = next((r for r in self.lists["person_behind"] if text.startswith(f"{r} ")), None)
        if role is not None and last - piece.first in (2, 3):
            yield ("PERSON", role), 4
        kinds = {self._cue_at(last + 1 + n) for n in range(1, LOOK_AROUND + 1)}
        if (
            role is None
            and words[0] in ("the", "a", "an")
            and "organisation" in kinds
            and "person" not in kinds
        ):
            yield ("ORG", "apposition"), 4

    def _company_signs(self, piece: Piece) -> Iterator[tuple[Sign, int]]:
        """Words right beside a name that companies have more often than people."""
        page, first, last = self.page, piece.first, piece.last
        before = {page.folded(first - 1), f"{page.folded(first - 2)} {page.folded(first - 1)}"}
        for sign in before & self.lists["organisation_before"]:
            yield ("ORG", sign), 2
        for sign in before & self.lists["name_before"]:
            yield ("ORG", sign), 1
        role = page.cues.get(first - 1)
        if page.folded(first - 1) in EMPLOYED and role is not None and role.group == "person":
            yield ("ORG", page.exact(role.last - 1)), 3
        next_word = page.folded(last)
        if next_word in self.lists["organisation_behind"]:
            yield ("ORG", next_word), 2
        elif next_word in self.lists["said"]:
            yield ("ORG" if last - first == 1 else "PERSON", next_word), 2
        elif next_word in page.lexicon.verbs:
            yield ("ORG", "verb behind"), 1
        if page.folded(last - 1).endswith(("'s", "’s")):
            yield ("ORG", "'s"), 1
        if page.folded(first - 1) in page.lexicon.verbs:
            yield ("ORG", "verb before"), 1

    def share_titles(self, votes: dict[str, Votes]) -> None:
        """ "Ms Tan" tells that Lillian Tan is a person."""
        titled = {key for key, of in votes.items() if of["PERSON", TITLE] and " " not in key}
        for key, of in votes.items():
            words = key.split()
            if 1 < len(words) <= PERSON_MAX and (words[-1] in titled or words[0] in titled):
                of["PERSON", TITLE] = 4


_KINDS: dict[str, Kind] = {"organisation": "ORG", "product": "PRODUCT", "unit": "PRODUCT", "person": "PERSON"}
