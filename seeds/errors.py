"""What can go wrong in `seeds`. Every error has one base, and a message of one clear line."""

from __future__ import annotations


class SeedsError(Exception):
    """Base of all errors of this package."""


class BadLexicon(SeedsError):
    """A lexicon file is not YAML, lacks a key, or says two things about one word."""
