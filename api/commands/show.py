"""`khabar show`: the position of a company as a table, over HTTP; and why a line says what it says."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.commands.client import get, is_there
from api.commands.common import EXIT_INPUT, fail, out

ValidAsOf = Annotated[str | None, typer.Option("--valid-as-of", help="What was true on this day.")]
RecordedAsOf = Annotated[
    str | None,
    typer.Option("--recorded-as-of", help="As far as the log knew then: a day, a time, or a log token."),
]
LINES_AT_ONCE = 500
Company = Annotated[str, typer.Argument(help="An id (meta-platforms) or a name (ميتا).")]
AsJson = Annotated[bool, typer.Option("--json", help="As the API tells it.")]


def show(
    company: Company,
    valid_as_of: ValidAsOf = None,
    recorded_as_of: RecordedAsOf = None,
    explain: Annotated[
        str | None,
        typer.Option("--explain", help="Why a line says what it says: `investors|scale-ai`, `all`."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All lines, however many they are.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what is known of a company: its lines, each with what holds on a day."""
    import orjson

    from api.commands import explained, tables

    as_of = {"valid_as_of": valid_as_of, "recorded_as_of": recorded_as_of}
    path = path_of(company)
    position = get(path, **as_of)
    while (everything or explain is not None) and position["next"]:
        page = get(path, **as_of, cursor=position["next"], limit=LINES_AT_ONCE)
        for section, lines in page["sections"].items():
            position["sections"].setdefault(section, []).extend(lines)
        position["next"] = page["next"]
    if explain is None:
        if as_json:
            out.out(orjson.dumps(position).decode(), highlight=False)
        else:
            out.print(tables.position(position))
            if letters := position["dead_letters"]:
                out.print(tables.dead_letters(letters), markup=False)
            if position["next"]:
                number = f" of {position['lines']}" if position["lines"] is not None else ""
                shown = sum(len(lines) for lines in position["sections"].values())
                out.print(f"the first {shown}{number} lines: --all shows all of them")
        return
    for line in _lines(position, explain):
        told = get(f"{path}/explain", line=line, **as_of)
        if as_json:
            out.out(orjson.dumps(told).decode(), highlight=False)
        else:
            out.print(explained.explanation(told))


def path_of(company: str) -> str:
    """Give the path of a company: an id as it is; a name is looked up, and must be one company's."""
    return f"/v1/companies/{quote(_find(company), safe='')}"


def _lines(position: dict[str, Any], wanted: str) -> list[str]:
    """Choose the lines to explain: all, those of a section, or one."""
    lines = [line["line"] for lines in position["sections"].values() for line in lines]
    rest = {line: line.split("|", 1)[1] for line in lines}
    chosen = [
        line for line in lines if wanted in ("all", line, rest[line]) or rest[line].split("|")[0] == wanted
    ]
    if not chosen:
        some = ", ".join(list(rest.values())[:8])
        fail(f"no line {wanted!r}; there are: {some or 'none'}", EXIT_INPUT)
    return chosen


def _find(company: str) -> str:
    if not any(map(str.isspace, company)) and is_there(f"/v1/companies/{quote(company, safe='')}"):
        return company
    found: list[dict[str, Any]] = get("/v1/companies", query=company)["companies"]
    exact = [c for c in found if company.casefold() in (c["id"], str(c["name"]).casefold(), c.get("name_ar"))]
    if len(exact or found) == 1:
        return str((exact or found)[0]["id"])
    if not found:
        fail(f"no company is known as {company!r}", EXIT_INPUT)
    names = ", ".join(f"{c['id']} ({c['name']})" for c in found[:8])
    fail(f"{company!r} could be: {names}", EXIT_INPUT)
