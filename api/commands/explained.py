"""Explanations and differences for people: who says so, in which words, and what they outweighed."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from api.commands.common import plain
from api.commands.tables import summary

RIVALS_SHOWN = 5
QUOTE_MAX = 160
LOST_BY = {
    "happened": "it only talks of what the other says has happened",
    "stage": "the other has come further",
    "modality": "the other is told more firmly",
    "origins": "more independent sources tell the other",
    "confidence": "the other was read with more confidence",
    "recency": "the other is newer",
    "id": "no reason: both weigh the same",
    "denied": "a denial",
}


def explanation(told: dict[str, Any]) -> RenderableType:
    """Make the tree of a line's steps: what stands for each, its evidence, its rivals."""
    tree = Tree(Text(told["line"], style="bold"))
    for step in told["steps"]:
        day = step["date"] if step["date"] == step["certain"] else f"{step['date']} … {step['certain']}"
        count = step["independent"]
        sources = "single source" if step["single_source"] else f"{count} independent origins"
        branch = tree.add(Text(f"{day} · {step['tellings']} tellings · {sources}", style="cyan"))
        _telling(branch, step["preferred"], "")
        for rival in step["rivals"][:RIVALS_SHOWN]:
            _telling(branch, rival, f"lost: {LOST_BY[rival['lost_by']]}")
        if step["tellings"] - 1 > RIVALS_SHOWN:
            branch.add(f"… and {step['tellings'] - 1 - RIVALS_SHOWN} more")
    for gone in told["retracted"]:
        causes = ", ".join(f"{by['cause']} ({by['by']})" for by in gone["retracted_by"])
        _telling(tree, gone, f"taken back: {causes}")
    return tree


def _telling(tree: Tree, telling: dict[str, Any], note: str) -> None:
    if "slots" not in telling:
        tree.add(Text(f"event {telling['event']}: not in the log"))
        return
    title = plain(f"{summary(telling)} · {telling['stage']}, {telling['modality']}")
    branch = tree.add(title if not note else Group(title, Text(note, style="yellow")))
    source, place = telling["source"], telling["recorded"]
    outlet = source.get("publisher") or source.get("url") or source["document"]
    when = source.get("published_at", "without a date")
    by = telling["extraction"]
    rule = f"rule {by['rule']} of {by['extractor']} {by['version']}"
    branch.add(plain(f"{outlet}, {when} · {rule}, {telling['confidence']}"))
    for path, spans in telling["evidence"].items():
        for span in spans:
            exact = span["exact"] if isinstance(span["exact"], str) else "(erased)"
            where = f"{span.get('part', 'text')} {span['start']}–{span['end']}"
            branch.add(Group(Text(f"{path} ({where})", style="dim"), plain(exact[:QUOTE_MAX])))
    branch.add(Text(f"{place['topic']}/{place['partition']}@{place['offset']} · {place['at']}", style="dim"))


def difference(told: dict[str, Any]) -> RenderableType:
    """Make the table of what differs between two moments."""
    if not told["lines"]:
        return Text("nothing has changed")
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("line", max_width=28)
    table.add_column("before", ratio=1)
    table.add_column("after", ratio=1)
    table.add_column("events", no_wrap=True)
    for line in told["lines"]:
        name = plain(f"{line['section']} {line['name'] or line['counterpart']}")
        ids = line["events"]
        shown = " ".join(event[:8] for event in ids[:3]) + (f" +{len(ids) - 3}" if len(ids) > 3 else "")
        shown += " merged or split" if line["entity_changes"] else ""
        table.add_row(name, _value(line["before"]), _value(line["after"]), shown.strip())
    return table


def _value(value: dict[str, Any] | None) -> Text:
    if value is None:
        return Text("—")
    sure = "possibly " if value["possibly"] else ""
    return plain(f"{sure}{summary(value)} ({value['date']})")
