"""`khabar status`: which generations there are, how far they are served, and whether they are proven."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from api.commands.client import get, health
from api.commands.common import out, plain


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Health and views as one JSON object.")] = False,
) -> None:
    """Show health, generations, digests and open differences."""
    import orjson

    told = {"health": health(), "views": get("/v1/views")}
    if as_json:
        out.out(orjson.dumps(told).decode(), highlight=False)
        return
    ready = told["health"]
    out.print(
        f"{ready['phase']}: {ready['said']}, {ready['behind']} records behind, "
        f"stale by {ready['stale_seconds']:.1f} s",
        markup=False,
    )
    out.print(_table(told["views"]))
    for generation in told["views"]["generations"]:
        for difference in (generation["proof"] or {}).get("differences", []):
            if difference["settled_at"] is None:
                where = ", ".join(
                    f"{name} {difference[name]}"
                    for name in ("partition", "bucket", "line", "event")
                    if difference[name] is not None
                )
                out.print(plain(f"{difference['kind']}: generation {generation['generation']}, {where}"))


def _table(views: dict[str, Any]) -> Table:
    table = Table("generation", "state", "served", "behind", "proven", "alarms", "digest")
    for generation in views["generations"]:
        proof = generation["proof"]
        behind = generation["behind"]
        table.add_row(
            str(generation["generation"]),
            generation["state"],
            "yes" if generation["served"] else "",
            "" if behind is None else str(behind),
            "" if proof is None else "[green]yes[/]" if proof["proven"] else "[red]no[/]",
            "" if proof is None else str(proof["alarms"]),
            "" if proof is None else proof["log"][:16],
        )
    return table
