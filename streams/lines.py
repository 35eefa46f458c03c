"""The lines of a position, like the lines of an account: (company, section, counterpart).

`TABLE` says which lines an event of each type touches, both sides of it; a new type is one entry here.
`home` says in which partition a line is written, and is total: every line has exactly one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from streams.errors import Invalid

Slots = dict[str, Any]
"""The slots of an event in its wire form."""

NONE = "-"
SEPARATOR = "|"
END = "\0"
"""Stands behind a line in the keys of the table (see streams.entries)."""


class Line(NamedTuple):
    """One line; written `company|section|counterpart` (ids hold no `|`)."""

    company: str
    section: str
    counterpart: str

    def __str__(self) -> str:
        return SEPARATOR.join(self)

    @classmethod
    def parse(cls, text: str) -> Line:
        """Read what `str` wrote. Raises ValueError."""
        company, section, counterpart = text.split(SEPARATOR)
        if section not in SECTIONS:
            message = f"unknown section {section!r}"
            raise ValueError(message)
        return cls(company, section, counterpart)


COMPANY, COUNTERPART, SMALLER = "company", "counterpart", "smaller"

SECTIONS = {
    "investors": COMPANY,
    "investments": COUNTERPART,
    "acquirers": COMPANY,
    "acquisitions": COUNTERPART,
    "valuation": COMPANY,
    "customers": COMPANY,
    "suppliers": COUNTERPART,
    "leadership": COMPANY,
    "roles": COUNTERPART,
    "partners": SMALLER,
    "rivals": SMALLER,
    "capex": COMPANY,
    "builds": COMPANY,
    "products": COMPANY,
    "results": COMPANY,
    "concerns": COMPANY,
    "outlook": COMPANY,
    "layoffs": COMPANY,
}
"""Section → which of the two is the home. The order is that of a position as shown."""


COUNTERPARTS = {
    **dict.fromkeys(
        (
            "investors",
            "investments",
            "acquirers",
            "acquisitions",
            "customers",
            "suppliers",
            "leadership",
            "roles",
            "partners",
            "rivals",
            "outlook",
        ),
        "entity",
    ),
    **dict.fromkeys(("builds", "concerns"), "kind+entity"),
    "products": "product",
}
"""Section → how an entity stands in its counterparts; those of the other sections name none."""


def home(section: str, company: str, counterpart: str) -> str:
    """Give the id whose partition holds the line."""
    match SECTIONS[section]:
        case "counterpart":
            return counterpart
        case "smaller":
            return min(company, counterpart)
        case _:
            return company


def entities_of(line: Line) -> list[str]:
    """List the ids of entities in a line's counterpart: most have one, a period or a metric is none."""
    return [part for part in _parts(line) if part != NONE]


def with_entities(line: Line, company: str, entities: list[str]) -> Line:
    """Write a line with another company and other entities in its counterpart, as many as it has."""
    form = COUNTERPARTS.get(line.section) if entities else None
    if form == "kind+entity":
        entities = [f"{line.counterpart.partition('+')[0]}+{entities[0]}"]
    return Line(company, line.section, "~".join(entities) if form else line.counterpart)


def _parts(line: Line) -> list[str]:
    match COUNTERPARTS.get(line.section):
        case "entity":
            return [line.counterpart]
        case "kind+entity":
            return [line.counterpart.partition("+")[2]]
        case "product":  # one that is not resolved is one only within its company: `company~product`
            scope = f"{line.company}~"
            scoped = line.counterpart.startswith(scope)
            return [line.company, line.counterpart.removeprefix(scope)] if scoped else [line.counterpart]
        case _:
            return []


def lines(event_type: str, slots: Slots) -> list[Line]:
    """List the lines that an event touches, each once; none for a fact that is about no company.

    Raises Invalid where a name that a newer version gives a kind or metric cannot stand in that of a line.
    """
    touched = list(dict.fromkeys(TABLE[event_type](slots)))
    for line in touched:
        if str(line).count(SEPARATOR) != len(line) - 1 or END in str(line):
            message = f"{line} cannot be the name of a line"
            raise Invalid(message)
    return touched


def _both(one: str, section: str, others: list[str], other_section: str) -> Iterator[Line]:
    """Make the two sides of a relation; with no other party known, the first has a line without one."""
    for other in others:
        yield Line(one, section, other)
        yield Line(other, other_section, one)
    if not others:
        yield Line(one, section, NONE)


def _alone(
    section: str, counterpart: Callable[[Slots], str] = lambda _: NONE
) -> Callable[[Slots], Iterator[Line]]:
    """Make the line of a fact that has a company and no second party with a position of its own."""

    def touched(slots: Slots) -> Iterator[Line]:
        yield Line(slots["company"]["id"], section, counterpart(slots))

    return touched


def _id(slots: Slots, slot: str) -> str:
    return str(slots[slot]["id"]) if slots.get(slot) else NONE  # another writer may write nulls


def _period(slots: Slots) -> str:
    """Write a period as an ISO 8601 interval, or `-` where the article does not settle it."""
    period = slots.get("period") or {}
    return f"{period['from']}/{period['to']}" if "from" in period and "to" in period else NONE


def _product(slots: Slots) -> str:
    """Name a product; what is not resolved is one only within its company."""
    product = slots["product"]
    return (
        str(product["id"]) if product.get("resolved", True) else f"{slots['company']['id']}~{product['id']}"
    )


def _pair(section: str) -> Callable[[Slots], Iterator[Line]]:
    return lambda s: _both(s["parties"][0]["id"], section, [s["parties"][1]["id"]], section)


def _outlook(slots: Slots) -> Iterator[Line]:
    if slots.get("about"):
        yield Line(slots["about"]["id"], "outlook", _id(slots, "forecaster"))


TABLE: dict[str, Callable[[Slots], Iterator[Line]]] = {
    "investment": lambda s: _both(
        s["target"]["id"], "investors", [i["entity"]["id"] for i in s.get("investors", ())], "investments"
    ),
    "acquisition": lambda s: _both(
        s["target"]["id"], "acquirers", [a["id"] for a in s.get("acquirers", ())], "acquisitions"
    ),
    "appointment": lambda s: _both(s["organisation"]["id"], "leadership", [s["person"]["id"]], "roles"),
    "departure": lambda s: _both(s["organisation"]["id"], "leadership", [s["person"]["id"]], "roles"),
    "supply": lambda s: _both(s["supplier"]["id"], "customers", [s["customer"]["id"]], "suppliers"),
    "customer_pullback": lambda s: _both(
        s["supplier"]["id"], "customers", [s["customer"]["id"]], "suppliers"
    ),
    "partnership": _pair("partners"),
    "rivalry": _pair("rivals"),
    "valuation": _alone("valuation"),
    "layoff": _alone("layoffs"),
    "capex_plan": _alone("capex", _period),
    "infrastructure_build": _alone("builds", lambda s: f"{s['kind']}+{_id(s, 'place')}"),
    "product": _alone("products", _product),
    "concern": _alone("concerns", lambda s: f"{s['kind']}+{_id(s, 'holder')}"),
    "financial_result": _alone("results", lambda s: f"{s['metric']}+{_period(s)}"),
    "forecast": _outlook,
    "survey_statistic": lambda s: iter(()),
}
