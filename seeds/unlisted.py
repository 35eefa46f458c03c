"""Names in no list and with no cue, where a rule says that only a name stands there.

"… has bought Hexal", "شركة أليري": what follows is a company because of its place. Nowhere else is such a
word taken for a name.
"""

from __future__ import annotations

from seeds.items import QUOTES, Item, Sentence
from seeds.names import Mention
from seeds.naming import names_lexicon
from seeds.tokens import forms

PERSON_WORDS_MIN = 2
NOUN_NAME_MAX = 2
QUOTED_MAX = 9
COMPANY_MAX = 6  # tokens of a company's name in quotation marks, with the marks
ADJECTIVE_ENDS = ("ة", "ه", "كبرى", "أخرى")


def unlisted(sentence: Sentence, i: int, kind: str, last: int) -> Item | None:
    """Take a name in no list, where the rule says that only a name stands there."""
    arabic = sentence.scene.language == "ar"
    if sentence.scene.tokens[i].text in QUOTES and (arabic or kind == "PRODUCT"):
        return _quoted(sentence, i, kind, last)
    return _behind_noun(sentence, i, kind, last) if arabic else capitals(sentence, i, kind, last)


def _quoted(sentence: Sentence, i: int, kind: str, last: int) -> Item | None:
    """Take what stands in quotation marks as a name; of a company, only a few words with no small ones."""
    company = kind != "PRODUCT"
    letters = names_lexicon(sentence.scene.language).lists["letters"]
    for j in range(i + 1, min(i + (COMPANY_MAX if company else QUOTED_MAX), last)):
        if j > i + 1 and sentence.scene.tokens[j].text in QUOTES:
            return _named(sentence, kind, i + 1, j)
        letter = sentence.scene.tokens[j].text in letters
        if company and not ((letter or sentence.plain(j)) and sentence.item_at(j) is None):
            return None
    return None


def capitals(sentence: Sentence, i: int, kind: str, last: int) -> Item | None:
    """Take capitalised words as a name.

    What goes on in small letters ("British firm Hexal") is no name yet; a person has two words.
    """
    end = i
    while end < last and sentence.item_at(end) is None and capital(sentence, end):
        end += 1
    goes_on = end < last and sentence.plain(end) and sentence.scene.tokens[end].text not in QUOTES
    if end == i or goes_on or (kind == "PERSON" and end - i < PERSON_WORDS_MIN):
        return None
    return _named(sentence, kind, i, end)


def _behind_noun(sentence: Sentence, i: int, kind: str, last: int) -> Item | None:
    """Take the words behind "شركة" as a company's name: one or two, or what follows an adjective of origin.

    A word that ends like an adjective tells what the company is, not what it is called.
    """
    nouns = sentence.scene.grammar.companies
    kinds = names_lexicon("ar").lists["superlatives"]
    if i - 2 >= sentence.first and sentence.scene.tokens[i - 2].text.lstrip("وفل") in kinds:
        return None  # "أكبر شركة كيماويات"
    if i == sentence.first or not any(f.stem in nouns for f in forms(sentence.scene.tokens[i - 1].text)):
        return None
    end = i
    while (
        end < last
        and sentence.item_at(end) is None
        and sentence.plain(end)
        and sentence.scene.tokens[end].is_word
    ):
        end += 1
    behind = sentence.item_at(end) if end < last else None
    if behind is not None and behind.type in ("ORG", "PERSON", "PRODUCT"):
        return None  # the name comes after these words
    origins = [k for k in range(i, end) if of_origin(sentence.scene.tokens[k].text)]
    if origins and origins[-1] == end - 1:  # "مول المجرية"
        end = origins[0]
    elif origins:  # "صناعة الأدوية السويسرية نوفاكس"
        i = origins[-1] + 1
    words = [sentence.scene.exact(t.start, t.end) for t in sentence.scene.tokens[i:end]]
    fit = 0 < len(words) <= NOUN_NAME_MAX and not any(
        w.endswith(ADJECTIVE_ENDS) or w.startswith("ال") for w in words
    )
    heads = sentence.scene.grammar.heads
    if i < end and any(f.prefix and f.stem in heads for f in forms(sentence.scene.tokens[i].text)):
        return None  # "بواقع", "بقيمة"
    return _named(sentence, "ORG", i, end) if fit and kind in ("ORG", "PARTY") else None


def _named(sentence: Sentence, kind: str, first: int, last: int) -> Item:
    kind = "ORG" if kind == "PARTY" else kind
    start, end = sentence.scene.tokens[first].start, sentence.scene.tokens[last - 1].end
    name = sentence.scene.exact(start, end)
    return Item(kind, start, end, first, last, Mention(start, end, kind, (), name, "place"))  # type: ignore[arg-type]


def capital(sentence: Sentence, i: int) -> bool:
    """Tell whether a word that may be a name begins with a capital."""
    token = sentence.scene.tokens[i]
    return sentence.plain(i) and sentence.scene.exact(token.start, token.start + 1).isupper()


def of_origin(word: str) -> bool:
    """Tell whether a word is an adjective of origin with the article: الإسرائيلية، السعودية."""
    return word.startswith("ال") and word.endswith("يه") and len(word) > 5
