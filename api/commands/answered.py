"""What came of a change that a command asked for over HTTP: its answer, once it is served."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson

from api.commands.client import get
from api.commands.common import EXIT_FAULT, fail, out, plain

WAIT = "20s"


def path_of(document: str) -> str:
    """Give the path of a document."""
    return f"/v1/documents/{quote(document, safe='')}"


def tell(accepted: dict[str, Any], done: str, *, as_json: bool) -> None:
    """Wait until the change is answered and served, and say so; a change that failed ends the command."""
    document = get(path_of(accepted["document"]), min_token=accepted["token"], wait=WAIT)
    revision = next((r for r in document["revisions"] if r["revision"] == accepted["revision"]), None)
    if revision is None:
        fail(f"revision {accepted['revision']} is in the log, but not served yet", EXIT_FAULT)
    if revision["status"] == "failed":
        fail(f"not {done}: {revision['error']}", EXIT_FAULT)
    standing = sum(not fact["retracted"] for fact in document["facts"])
    if as_json:
        told = {
            "document": document["document"],
            **revision,
            "standing": standing,
            "token": accepted["token"],
        }
        out.file.write(orjson.dumps(told).decode() + "\n")
    else:
        out.print(plain(document["document"]), f"{done}: {standing} of its facts stand", highlight=False)
