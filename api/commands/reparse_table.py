"""The report of `khabar reparse` for people: what differs by type, rule and language, with examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from api.commands.common import out, plain
from api.commands.tables import summary
from streams.reparse import KINDS, Difference, quote

if TYPE_CHECKING:
    from api.reparsing import Published
    from streams.reparse import Report

QUOTE_MAX = 160
VALUE_MAX = 80
STYLE = {"new": "green", "gone": "red", "changed": "yellow"}
NOT_READ = {
    "failed": "could not be read again",
    "waiting": "wait for the answer to an earlier revision",
    "withdrawn": "are withdrawn",
    "gone": "are not in the data directory any more",
}


def tell(report: Report, published: Published | None) -> None:
    """Print the report, and what was published."""
    if report.groups:
        out.print(_table(report))
    for group in sorted(report.examples):
        for difference in report.examples[group]:
            _example(difference)
    counts = ", ".join(f"{number:,} {kind}" for kind, number in report.total().items())
    line = f"{report.differing:,} of {report.documents:,} documents differ: {counts}"
    out.print(line, markup=False, highlight=False, soft_wrap=True)
    for reason, number in sorted(report.outcomes.items()):
        out.print(f"{number:,} {NOT_READ.get(reason, reason)}", markup=False, highlight=False)
    if published is not None:
        _published(published)
    elif report.differing:
        out.print("nothing was published; --apply does it", markup=False)


def published_json(published: Published) -> dict[str, Any]:
    """Give what came of the published revisions as JSON."""
    return {
        "documents": published.documents,
        "answered": published.answered,
        "failed": published.failed,
        "events": published.events,
        "retractions": dict(published.causes),
        "changed_meanwhile": published.changed_meanwhile,
    }


def _table(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("type", "rule", "language"):
        table.add_column(column, overflow="fold")
    for kind in KINDS:
        table.add_column(kind, justify="right")
    for group in sorted(report.groups):
        cells = [str(report.groups[group][kind] or "") for kind in KINDS]
        table.add_row(*map(plain, group), *cells)
    return table


def _example(difference: Difference) -> None:
    style = STYLE[difference.kind]
    event = difference.event
    head = Text.assemble((difference.kind, style), " ", plain(f"{event['home']} · {summary(event)}"))
    out.print(head, plain(f"({difference.document})"), highlight=False)
    out.print("  “", plain(quote(event)[:QUOTE_MAX]), "”", sep="")
    if difference.kind == "changed":
        for path, (before, after) in difference.values().items():
            out.print("  ", plain(path), ": ", _value(before), " → ", _value(after), sep="")


def _value(value: Any) -> Text:
    """Write a value in short: a quantity or a name as it was written, anything else as it is."""
    if isinstance(value, dict):
        value = value.get("surface") or value.get("quote") or value
    return plain(str("—" if value is None else value)[:VALUE_MAX])


def _published(published: Published) -> None:
    causes = ", ".join(f"{number:,} as {cause}" for cause, number in sorted(published.causes.items()))
    retractions = f"{published.causes.total():,} retractions" + (f" ({causes})" if causes else "")
    out.print(
        f"published: {published.documents:,} revisions, {published.answered:,} answered; "
        f"{published.events:,} events, {retractions}",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    for number, what in (
        (published.failed, "failed in the worker"),
        (published.changed_meanwhile, "were changed meanwhile and left alone: run it again"),
    ):
        if number:
            out.print(f"{number:,} {what}", markup=False, highlight=False)
