"""The checks of an event for people, one row a check, each quote amid its words; and for machines."""

from __future__ import annotations

import re
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from api.commands.common import plain
from api.commands.verify_sources import Given
from streams.checks import Check

AROUND = 24  # code points shown on either side of a quote, cut at a word
SHOWN_MAX = 160  # of a quote; its ends are what matters
_QUOTED = re.compile(r"(“[^”]*”)")


def heading(each: Given) -> Text:
    """Name the event: its type, whose it is, its id."""
    event = each.event
    told = Text.assemble((str(event.get("type")), "bold"), "  ", plain(event.get("home")))
    return told.append_text(Text(f"\n{str(event.get('id'))[:64]}", style="dim"))


def table(each: Given, checks: list[Check]) -> Table:
    """Make the table of the checks: what is said of one slot stands together."""
    found = Table(box=box.SIMPLE_HEAD, caption=_caption(checks), caption_justify="left", caption_style="")
    for column in ("", "slot", "check"):
        found.add_column(column, no_wrap=column != "slot", max_width=24)
    found.add_column("what was found", ratio=1, overflow="fold")
    order: dict[str, int] = {}
    for check in checks:
        order.setdefault(_slot(check), len(order))
    last = None
    for check in sorted(checks, key=lambda check: order[_slot(check)]):
        found.add_row(
            _mark(check), plain(check.path) if check.path != last else "", check.what, _found(each, check)
        )
        last = check.path
    return found


def _slot(check: Check) -> str:
    return check.path.partition("[")[0]


def _mark(check: Check) -> Text:
    if not check.ok:
        return Text("✗", style="bold red")
    return Text("!", style="yellow") if check.note else Text("✓", style="green")


def _caption(checks: list[Check]) -> Text:
    failed = sum(not check.ok for check in checks)
    if failed:
        return Text(f"✗ {failed} of {len(checks)} checks failed", style="bold red")
    notes = sum(check.note for check in checks)
    noted = f", {notes} with a note" if notes else ""
    return Text(f"✓ all {len(checks)} checks agree{noted}", style="green")


def _found(each: Given, check: Check) -> Text:
    if check.what == "span" and check.ok and check.span is not None:
        part = (each.headline if check.span.part == "headline" else each.text) or ""
        where = f"  {check.span.part} {check.span.start}–{check.span.end}"
        return _in_context(part, check.span.start, check.span.end).append(where, style="dim")
    return Text.assemble(*map(plain, filter(None, _QUOTED.split(check.told))))


def _in_context(text: str, start: int, end: int) -> Text:
    """Show a quote amid a few words, all of it isolated, so that Arabic orders nothing beside it."""
    before, after = text[max(start - AROUND, 0) : start], text[end : end + AROUND]
    if start > AROUND:
        before = "…" + (before.partition(" ")[2] if " " in before else before)
    if end + AROUND < len(text):
        after = (after.rpartition(" ")[0] if " " in after else after) + "…"
    quote = text[start:end]
    if len(quote) > SHOWN_MAX:
        quote = f"{quote[: SHOWN_MAX // 2]} … {quote[-SHOWN_MAX // 2 :]}"
    lines = [" ".join(piece.splitlines()) for piece in (before, quote, after)]
    shown = plain("".join(lines))
    first = len(lines[0]) + (len(shown.plain) - sum(map(len, lines))) // 2
    shown.stylize("bold", first, first + len(lines[1]))
    return shown


def record(each: Given, checks: list[Check]) -> dict[str, Any]:
    """Give the checks as JSON lines tell them."""
    return {
        "event": each.event.get("id"),
        "type": each.event.get("type"),
        "ok": all(check.ok for check in checks),
        "checks": [
            {
                "what": check.what,
                "path": check.path,
                "ok": check.ok,
                "note": check.note,
                "told": check.told,
                "span": check.span.model_dump(mode="json", include={"part", "start", "end"})
                if check.span
                else None,
            }
            for check in checks
        ],
    }
