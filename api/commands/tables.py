"""Positions as tables for people: one row a line, with what holds today in few words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from api.commands.common import plain

SCALES = ((Decimal(10) ** 12, "tn"), (Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "m"))
BOUNDS = {"about": "~", "at_least": "≥ ", "at_most": "≤ "}
QUOTE_MAX = 60
DEAD_LETTERS_MAX = 1000  # as many are counted
UNLABELLED = ("amount", "count", "percent", "power", "units")
NOT_VALUES = ("parties", "compared_with", "when", "period", "valid", "holder", "forecaster", "place")


def position(data: dict[str, Any]) -> Table:
    """Make the table of a position as the API tells it; it reads well in 80 columns."""
    title = data["name"] + (f" · {data['name_ar']}" if data.get("name_ar") else "")
    table = Table(title=plain(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("line", max_width=24)
    table.add_column("what holds", ratio=1)
    table.add_column("since", no_wrap=True)
    table.add_column("told", max_width=10)
    table.add_column("origins", justify="right", no_wrap=True)
    table.caption = _as_of(data["as_of"])
    for section, lines in data["sections"].items():
        table.add_row(Text(section, style="bold cyan"))
        for line in lines:
            table.add_row(*_cells(line))
    return table


def dead_letters(letters: dict[str, Any]) -> str:
    """Say, in both languages, that records under this company's key could not be used."""
    number = f"{letters['count']}{'+' if letters['count'] >= DEAD_LETTERS_MAX else ''}"
    see = letters["see"]
    return (
        f"records under this key that could not be used: {number}; `{see}` lists them\n"
        f"سجلات تحمل هذا المفتاح وتعذّر استعمالها: {number}؛ يعرضها الأمر `{see}`"
    )


def _as_of(as_of: dict[str, Any]) -> str | None:
    """Say what the table is as of, unless that is now; `?` marks what holds only possibly."""
    recorded = as_of["recorded"]
    if recorded is None:
        return None
    final = "" if recorded["final"] else ", not final yet"
    return f"true on {as_of['valid']}, as known at {recorded['at']}{final}"


def _cells(line: dict[str, Any]) -> list[Any]:
    step = line["current"]
    counterpart = Text("  ") + plain(line["name"] or _readable(line["counterpart"]))
    if step is None:
        return [counterpart, "—", "", "taken back" if line["retracted"] else "", str(line["origins"])]
    entry = step["entry"]
    told = entry["stage"] if entry["modality"] == "asserted" else f"{entry['stage']}, {entry['modality']}"
    since = step["date"] if not line["possibly"] else f"{step['date']}?"
    return [counterpart, plain(summary(entry)), since, told, str(line["origins"])]


def _readable(counterpart: str) -> str:
    """Write a counterpart that is no entity: `data_centre+-` is a data centre somewhere."""
    return " ".join(part for part in counterpart.replace("_", " ").split("+") if part != "-")


def summary(entry: dict[str, Any]) -> str:
    """Tell the values of an entry: amounts first, then what else its slots say."""
    slots = entry["slots"]
    said = [_words(name, value) for name, value in slots.items() if name not in NOT_VALUES]
    parts = sorted((part for part in said if part), key=lambda part: not part[0].isdigit())
    name = str(entry["type"]).replace("_", " ")
    return f"{name}: {', '.join(parts)}" if parts else name


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
        label = "" if name in UNLABELLED else name.removesuffix("_percent").replace("_", " ") + " "
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
