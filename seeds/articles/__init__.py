"""Sample articles that come with khabar: something to try it on, and what its first tests read.

`00` is the article that khabar was first built on, `01` tells the same events in English. The others are made
up, companies and people included.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path


def sample_articles() -> list[Path]:
    """Return the sample articles as files, in order; each is a document in JSON."""
    with as_file(files(__name__)) as folder:
        return sorted(folder.glob("*.json"))
