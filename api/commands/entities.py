"""`khabar entities`: what a person says of entities, over HTTP; each command waits until it is shown."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.commands.common import EXIT_INPUT, fail

entities = typer.Typer(
    name="entities",
    help="Merge, split and rename entities, and undo that: nothing is lost.",
    no_args_is_help=True,
)
WAIT = "20s"

AnEntity = Annotated[str, typer.Argument(help="The id of an entity.")]
Reason = Annotated[str, typer.Option(help="Why, in words for people.")]
By = Annotated[str | None, typer.Option(help="Who says so; by default, the user.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@entities.command()
def merge(entity: AnEntity, into: AnEntity, reason: Reason, by: By = None, as_json: AsJson = False) -> None:
    """Say that ENTITY is INTO: all that was told of it is shown there."""
    _change("merge", reason, by, as_json, entity=entity, into=into)


@entities.command()
def split(
    entity: AnEntity,
    into: AnEntity,
    event: Annotated[list[str], typer.Option(help="The id of an event that is about INTO; several.")],
    reason: Reason,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Say that some events of ENTITY are about INTO."""
    _change("split", reason, by, as_json, entity=entity, into=into, events=event)


@entities.command()
def rename(
    entity: AnEntity,
    name: Annotated[str, typer.Argument(help="Its name from now on.")],
    reason: Reason = "a better name",
    ar: Annotated[str | None, typer.Option(help="Its Arabic name.")] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Give an entity another name; it is found by the former ones, too."""
    _change("rename", reason, by, as_json, entity=entity, name=name, name_ar=ar)


@entities.command()
def distinct(
    entity: AnEntity, other: AnEntity, reason: Reason = "two", by: By = None, as_json: AsJson = False
) -> None:
    """Say that two entities are two, however alike: they are suggested no more."""
    _change("distinct", reason, by, as_json, entity=entity, into=other)


@entities.command()
def undo(
    change: Annotated[str, typer.Argument(help="The id of a change, or how it begins.")],
    reason: Reason = "it was wrong",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Take a change back: everything is shown as if it had not been."""
    if len(change) < 64:
        found = [one["id"] for one in _changes(200) if one["id"].startswith(change)]
        if len(found) != 1:
            fail(f"{len(found)} of the last changes begin with {change!r}", EXIT_INPUT)
        (change,) = found
    _change("undo", reason, by, as_json, undoes=change)


@entities.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=200, help="So many of the last.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the changes of entities, the last first."""
    from api.commands.common import out
    from api.commands.entity_tables import changes

    found = _changes(limit)
    if as_json:
        _write({"changes": found})
    else:
        out.print(changes(found))


@entities.command()
def suggest(
    limit: Annotated[int, typer.Option(min=1, max=200, help="So many of the surest.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List entities that look as if they were one. Nothing is merged: that is for you to say."""
    from api.commands.client import get
    from api.commands.common import out
    from api.commands.entity_tables import suggestions

    found = get("/v1/entities/suggestions", limit=limit)
    if as_json:
        _write(found)
    else:
        out.print(suggestions(found["suggestions"]))


def _changes(limit: int) -> list[dict[str, Any]]:
    from api.commands.client import get

    found: list[dict[str, Any]] = get("/v1/entities/changes", limit=limit)["changes"]
    return found


def _change(kind: str, reason: str, by: str | None, as_json: bool, **fields: object) -> None:
    """Ask for a change, wait until it is applied, tell what it is."""
    from api.commands.client import get, post
    from api.commands.common import EXIT_FAULT, out
    from api.commands.entity_tables import what
    from api.commands.naming import user

    said = {name: value for name, value in fields.items() if value is not None}
    accepted = post("/v1/entities/changes", {"kind": kind, "by": by or user(), "reason": reason, **said})
    page = get("/v1/entities/changes", limit=200, min_token=accepted["token"], wait=WAIT)
    made = next((one for one in page["changes"] if one["id"] == accepted["change"]), None)
    if made is None:
        fail(f"change {accepted['change']} is in the log, but not shown yet", EXIT_FAULT)
    if as_json:
        _write(made)
    else:
        out.print(what(made), f"\nchange {made['id'][:12]}", highlight=False)
    if not made["in_force"]:
        fail(f"it has no effect: {made['why_not']}", EXIT_FAULT)


def _write(data: Any) -> None:
    import orjson

    from api.commands.common import out

    out.file.write(orjson.dumps(data).decode() + "\n")
