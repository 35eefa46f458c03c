"""Changes of entities and suggestions as tables for people."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from api.commands.common import plain
from api.commands.tables import QUOTE_MAX


def changes(found: list[dict[str, Any]]) -> Table:
    """Make the table of changes; those without effect say why."""
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("change", "what", "by", "why", "in force"):
        table.add_column(column, no_wrap=column == "change")
    for one in found:
        in_force = Text("yes") if one["in_force"] else plain(one["why_not"])
        table.add_row(one["id"][:12], what(one), plain(one["by"]), plain(one["reason"]), in_force)
    return table


def what(change: dict[str, Any]) -> Text:
    """Say what a change says, in one line."""
    entity, into = change["entity"], change["into"]
    match change["kind"]:
        case "merge":
            return plain(f"{entity} is {into}")
        case "split":
            return plain(f"{into} is what was told of {entity} in {len(change['events'])} event(s)")
        case "rename":
            return plain(f"{entity} is called {change['name']}")
        case "distinct":
            return plain(f"{entity} is not {into}")
        case "undo":
            return plain(f"{change['undoes'][:12]} was wrong")
        case kind:
            return plain(kind)


def suggestions(found: list[dict[str, Any]]) -> Table:
    """Make the table of pairs that look alike."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("alike", justify="right")
    for column in ("this …", "… may be this"):
        table.add_column(column, ratio=1)
    for one in found:
        table.add_row(f"{one['score']:.0f}", _entity(one["entity"]), _entity(one["into"]))
    return table


def _entity(entity: dict[str, Any]) -> Text:
    """Name an entity, with its id and the words of an event in which it has a role."""
    listed = ", listed" if entity["known"] else ""
    told = Text(f" ({entity['events']} events{listed})\n")
    quote = (entity["example"] or {}).get("quote")
    words = Text("\n") + plain(f"“{quote[:QUOTE_MAX]}”") if quote else Text()
    return plain(entity["name"]) + told + plain(entity["id"]) + words
