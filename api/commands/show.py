"""`khabar show`: the position of a company as a table, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from api.commands.client import get
from api.commands.common import EXIT_INPUT, fail, out


def show(
    company: Annotated[str, typer.Argument(help="An id (meta-platforms) or a name (ميتا).")],
    as_json: Annotated[bool, typer.Option("--json", help="The position as the API tells it.")] = False,
) -> None:
    """Show what is known of a company: its lines, each with the value of today."""
    import orjson

    entity_id = _find(company)
    position = get(f"/v1/companies/{entity_id}")
    if as_json:
        out.out(orjson.dumps(position).decode(), highlight=False)
    else:
        print_position(position)


def _find(company: str) -> str:
    """Take an id as it is; look a name up, and ask for more when it is not one company's."""
    found: list[dict[str, Any]] = get("/v1/companies", query=company)["companies"]
    exact = [c["id"] for c in found if c["id"] == company]
    if exact or len(found) == 1:
        return str(exact[0] if exact else found[0]["id"])
    if not found:
        fail(f"no company is known as {company!r}", EXIT_INPUT)
    names = ", ".join(f"{c['id']} ({c['name']})" for c in found[:8])
    fail(f"{company!r} could be: {names}", EXIT_INPUT)


def print_position(position: dict[str, Any]) -> None:
    """Print the lines of a position, a row a line."""
    table = Table(title=position["name"], title_justify="left", title_style="bold", header_style="bold")
    for column in ("section", "counterpart", "value", "since", "told", "events", "origins"):
        table.add_column(column, overflow="fold")
    for section, lines in position["sections"].items():
        for line in lines:
            table.add_row(section, *_row(line))
    out.print(table)
