"""What can go wrong in `seeds`. Every error has one base, and a message of one clear line."""

from __future__ import annotations


class SeedsError(Exception):
    """Base of all errors of this package."""


class BadLexicon(SeedsError):
    """A lexicon file is not YAML, lacks a key, or says two things about one word."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(f"{file}: {what}")


class UnreadableFile(SeedsError):
    """When a file cannot be opened."""


class BadFormat(SeedsError):
    """When a file is not of a kind that khabar reads, or not what its kind says."""


class BadEncoding(SeedsError):
    """When a file is not UTF-8 text."""


class BadMetadata(SeedsError):
    """When a document's date, language or address is not one."""


class EmptyDocument(SeedsError):
    """When there is no text in a document."""


class TooLarge(SeedsError):
    """When a file or its text exceeds the limits of `seeds.document`."""


class UnsupportedLanguage(SeedsError):
    """When a document is in a language that khabar has no rules for."""


class BadRule(SeedsError):
    """When a rule file or a lexicon is malformed; names the file and the rule."""


class BadEntity(SeedsError):
    """When an entry of the entity list is malformed; names the file and the entry."""
