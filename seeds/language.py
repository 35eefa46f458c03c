"""In which language a document is, and whether khabar has rules for it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from seeds.document import Document
from seeds.errors import UnsupportedLanguage
from seeds.rules import LANGUAGES

SAMPLE_MAX = 4000  # code points that the detector sees
NEIGHBOURS = ("fr", "de", "es", "it", "pt", "tr", "nl", "ru", "fa", "ur", "he", "id", "zh", "ja")
"""Languages that the detector may answer with, beside ours: what is one of these must not pass for ours."""

_LETTER = re.compile(r"[^\W\d_]")


@cache
def _detector() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # loads its model: only where it is needed

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages([*LANGUAGES, *NEIGHBOURS])
    return identifier


def language_of(document: Document) -> str:
    """Return the language that a document names, or is written in.

    Raises UnsupportedLanguage for one without rules, also if the document itself names it.
    """
    code = (document.language or "").lower().replace("_", "-").split("-")[0] or _detected(document)
    if code not in LANGUAGES:
        msg = f"the document is in {code!r}; khabar reads {', '.join(LANGUAGES)} (--language says which)"
        raise UnsupportedLanguage(msg)
    return code


def _detected(document: Document) -> str:
    sample = f"{document.headline or ''}\n{document.text}"[:SAMPLE_MAX]
    if not _LETTER.search(sample):
        msg = "the document has no letters, so its language is unknown"
        raise UnsupportedLanguage(msg)
    return str(_detector().classify(sample)[0])
