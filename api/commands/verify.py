"""`khabar verify`: whether events say what their texts say, checked on this machine alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.common import EXIT_FAULT, EXIT_INPUT, EXIT_SETUP, err, explained, fail, load_settings, out

if TYPE_CHECKING:
    from api.commands.verify_sources import Given
    from seeds.document import Document
    from streams.checks import Check


def verify(
    events: Annotated[
        list[str] | None,
        typer.Argument(help="Ids of events, or files with an event and its text.", metavar="[EVENT]…"),
    ] = None,
    document: Annotated[
        Path | None, typer.Option(help="The article to check against: .txt, .html or .json.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Check every event of the data directory.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an event, one a line.")] = False,
) -> None:
    """Check events against their texts, offline: ids, hashes, quotes, and every value read again.

    Exit code 0 if all agree, 1 if something does not, 2 for what cannot be checked.
    """
    if every == bool(events) or (every and document is not None):
        fail("give ids or files of events, or --all (without --document)", EXIT_INPUT)
    with explained():
        from api.errors import BadParameter, NotFound, ReadModelMissing

        data = load_settings().data
        try:
            agree = _every(data, as_json) if every else _some(events or [], data, _article(document), as_json)
        except (NotFound, BadParameter) as error:
            fail(str(error), EXIT_INPUT)
        except ReadModelMissing:
            fail(f"{data} holds no events: `khabar up` fills it, KHABAR_DATA names another", EXIT_SETUP)
    if not agree:
        raise typer.Exit(EXIT_FAULT)


def _article(path: Path | None) -> Document | None:
    from seeds.document import read_document

    return read_document(path) if path is not None else None


def _some(names: list[str], data: Path, document: Document | None, as_json: bool) -> bool:
    """Check the events that were named, and show every check; find them all before telling of any."""
    from api.commands.verify_sources import given

    agree = True
    for each in [given(name, data, document) for name in names]:
        checks = _checked(each)
        agree &= all(check.ok for check in checks)
        _tell(each, checks, as_json)
    return agree


def _every(data: Path, as_json: bool) -> bool:
    """Check all events of the data directory; show what does not agree, and the total."""
    from rich.progress import track

    from api.commands.verify_sources import document_ids, of_documents

    ids = document_ids(data)
    count = noted = failed = 0
    bar = track(of_documents(data, ids), "verifying", len(ids), console=err, transient=True, disable=as_json)
    for events in bar:
        for each in events:
            checks = _checked(each)
            count += 1
            if not all(check.ok for check in checks):
                failed += 1
                _tell(each, [check for check in checks if not check.ok], as_json)
            noted += any(check.note for check in checks)
    _total({"events": count, "agree": count - failed, "noted": noted, "documents": len(ids)}, as_json)
    return not failed


def _checked(each: Given) -> list[Check]:
    from streams.checks import Check
    from streams.verify import verify as verify_event

    if each.text is None:
        told = "the text of this revision is not in the data directory"
        return [Check("text", "source.revision", False, told)]
    return verify_event(each.event, each.headline, each.text)


def _tell(each: Given, checks: list[Check], as_json: bool) -> None:
    from api.commands import verify_table

    if as_json:
        _write_line(verify_table.record(each, checks))
    else:
        out.print(verify_table.heading(each))
        out.print(verify_table.table(each, checks))


def _total(total: dict[str, int], as_json: bool) -> None:
    if as_json:
        _write_line(total)
        return
    failed = total["events"] - total["agree"]
    events = _many(total["events"], "event")
    told = f"{failed:,} of {events} disagree" if failed else f"{events} agree"
    told += f" with their texts, in {_many(total['documents'], 'document')}"
    if total["noted"]:
        told += f"; {total['noted']} with a note (`khabar verify ID` shows it)"
    out.print(("✗ " if failed else "✓ ") + told, markup=False, highlight=False, soft_wrap=True)


def _many(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _write_line(record: dict[str, Any]) -> None:
    import orjson

    out.file.write(orjson.dumps(record).decode() + "\n")
