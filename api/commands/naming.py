"""How a person names a document: its id, its URL, or the file that was ingested; and who asks."""

from __future__ import annotations

import getpass
from pathlib import Path

BY_MAX = 200


def document_named(name: str) -> str:
    """Give the id of a document. Raises SeedsError for a file that cannot be read."""
    from seeds.document import canonical_url, document_id, read_document

    if name.lower().startswith(("http://", "https://")):
        return canonical_url(name)
    if name.startswith("sha256:") or not Path(name).is_file():
        return name
    return document_id(read_document(name))


def user() -> str:
    """Name who runs the command; `khabar` where the system knows no name."""
    try:
        return getpass.getuser()[:BY_MAX] or "khabar"
    except (KeyError, OSError):
        return "khabar"
