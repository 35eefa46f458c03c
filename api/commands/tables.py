"""Positions as tables for people: one row a line, with what holds today in few words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.table import Table

from api.commands.common import plain

SCALES = ((Decimal(10) ** 12, "tn"), (Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "m"))
BOUNDS = {"about": "~", "at_least": "≥ ", "at_most": "≤ "}
QUOTE_MAX = 60
NOT_VALUES = ("parties", "compared_with", "when", "period", "valid", "holder", "forecaster", "place")
HEADINGS = ("section", "counterpart", "what holds", "since", "told", "events", "origins")


def position(data: dict[str, Any]) -> Table:
    """Make the table of a position as the API tells it."""
    title = data["name"] + (f" · {data['name_ar']}" if data.get("name_ar") else "")
    table = Table(title=plain(title), title_justify="left", title_style="bold", expand=False)
    for heading in HEADINGS:
        numeric = heading in ("events", "origins")
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for section, lines in data["sections"].items():
        for number, line in enumerate(lines):
            table.add_row("" if number else section, *_cells(line))
    return table


def _cells(line: dict[str, Any]) -> list[Any]:
    step = line["current"]
    counterpart = plain(line["name"] or line["counterpart"])
    counts = [str(line["events"]), str(line["origins"])]
    if step is None:
        return [counterpart, "—", "", "taken back" if line["retracted"] else "", *counts]
    entry = step["entry"]
    told = f"{entry['stage']} · {entry['modality']}"
    return [counterpart, plain(summary(entry)), step["date"], told, *counts]


def summary(entry: dict[str, Any]) -> str:
    """Tell the values of an entry: amounts first, then what else its slots say."""
    slots = entry["slots"]
    said = [_words(name, value) for name, value in slots.items() if name not in NOT_VALUES]
    parts = sorted((part for part in said if part), key=lambda part: not part[0].isdigit())
    return f"{entry['type']}: {', '.join(parts)}" if parts else str(entry["type"])


def _words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return name if value else f"not {name}"
    if isinstance(value, str):
        return value.replace("_", " ")
    if not isinstance(value, dict) or "id" in value:
        return ""  # an entity stands in the line itself
    if "quote" in value:
        quote = str(value["quote"])
        return f"“{quote[:QUOTE_MAX]}…”" if len(quote) > QUOTE_MAX else f"“{quote}”"
    if "bound" in value:
        label = (
            "" if name in ("amount", "count", "percent", "power", "units") else name.replace("_", " ") + " "
        )
        return label + quantity(value)
    return ""


def quantity(value: dict[str, Any]) -> str:
    """Write a quantity: `USD 60-65 bn`, `≥ 1.3 m GPU`, `49 %`."""
    low, high = (Decimal(value[end]) if value.get(end) else None for end in ("low", "high"))
    known = [end for end in (low, high) if end is not None]
    if not known:
        return str(value.get("surface", ""))
    scale, suffix = next(((s, n) for s, n in SCALES if abs(max(known)) >= s), (Decimal(1), ""))
    ends = [f"{(end / scale).normalize():f}" for end in dict.fromkeys(known)]
    number = BOUNDS.get(value["bound"], "") + "–".join(ends) + (f" {suffix}" if suffix else "")
    unit = value.get("unit") or ""
    return (
        f"{unit} {number}"
        if len(unit) == 3 and unit.isupper() and unit != "GPU"
        else f"{number} {unit}".strip()
    )
