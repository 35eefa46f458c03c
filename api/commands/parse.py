"""`khabar parse`: the facts of one document, without a broker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.common import err, explained, out

if TYPE_CHECKING:
    from seeds.facts import Fact


def parse(
    file: Annotated[Path, typer.Argument(help="A .txt, .html or .json document.", metavar="FILE")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a fact, one a line.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Tell the rules and the rejected, too.")] = False,
    published_at: Annotated[str | None, typer.Option(help="Day of publication, if not in the file.")] = None,
    language: Annotated[str | None, typer.Option(help="ar or en, if not in the file.")] = None,
) -> None:
    """Read the facts out of one document: each with the exact words that say so."""
    from seeds.document import read_document
    from seeds.explain import explain as explained_lines
    from seeds.explain import fact_record, summary
    from seeds.parse import parse as parse_document

    with explained():
        parsed = parse_document(read_document(file, published_at=published_at, language=language))
        if explain:
            for line in explained_lines(parsed):
                (err if as_json else out).print(line, markup=False, highlight=False)
        if as_json:
            import orjson

            for fact in parsed.facts:
                out.file.write(orjson.dumps(fact_record(fact)).decode() + "\n")
        elif not explain:
            _table([(fact, summary(fact)) for fact in parsed.facts], len(parsed.rejected))


def _table(rows: list[tuple[Fact, dict[str, str]]], rejected: int) -> None:
    """Print one row a fact; Arabic in it is isolated, so that it does not reorder what stands beside it."""
    from rich.table import Table
    from rich.text import Text

    table = Table(show_lines=True)
    for column in ("type", "stage", "modality", "valid", "slots", "confidence"):
        table.add_column(column, overflow="fold")
    for fact, slots in rows:
        when = f"{fact.valid.start or ''} – {fact.valid.end or ''}" if fact.valid else ""
        told = "\n".join(f"{name}: \u2068{text}\u2069" for name, text in slots.items())
        cells = (fact.type, str(fact.stage), str(fact.modality), when, told, fact.confidence)
        table.add_row(*(Text(cell) for cell in cells))
    out.print(table)
    err.print(f"{len(rows)} facts; {rejected} candidates rejected (--explain says why)", markup=False)


if __name__ == "__main__":
    typer.run(parse)
