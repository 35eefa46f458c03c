"""`khabar show`: the position of a company as a table, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.commands.client import get
from api.commands.common import EXIT_INPUT, fail, out


def show(
    company: Annotated[str, typer.Argument(help="An id (meta-platforms) or a name (ميتا).")],
    as_json: Annotated[bool, typer.Option("--json", help="The position as the API tells it.")] = False,
) -> None:
    """Show what is known of a company: its lines, each with what holds today."""
    import orjson

    from api.commands import tables

    position = get(f"/v1/companies/{quote(_find(company), safe='')}")
    if as_json:
        out.out(orjson.dumps(position).decode(), highlight=False)
    else:
        out.print(tables.position(position))


def _find(company: str) -> str:
    """Take an id as it is; look a name up, and ask for more when it is not one company's."""
    found: list[dict[str, Any]] = get("/v1/companies", query=company)["companies"]
    exact = [c for c in found if company.casefold() in (c["id"], str(c["name"]).casefold(), c.get("name_ar"))]
    if len(exact or found) == 1:
        return str((exact or found)[0]["id"])
    if not found:
        fail(f"no company is known as {company!r}", EXIT_INPUT)
    names = ", ".join(f"{c['id']} ({c['name']})" for c in found[:8])
    fail(f"{company!r} could be: {names}", EXIT_INPUT)
