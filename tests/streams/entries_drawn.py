"""Generated entries of one line, for what must make of them what the plain fold makes."""

from datetime import date

from hypothesis import strategies as st

from streams.fold import Posted
from tests.streams.telling import MS, days

KINDS = (("supply", "completed"), ("supply", "ended"), ("customer_pullback", "completed"))


def entry(n, day, kind=0, modality="asserted", stage=None, origin=0, amount=0, **more):
    type_, done = KINDS[kind]
    return {
        "id": f"{n * 0x9E3779B97F4A7C15 % (1 << 64):064x}",
        "type": type_,
        "stage": stage or done,
        "modality": modality,
        "valid": days(date.fromordinal(735_000 + day).isoformat()),
        "published_at": date.fromordinal(735_000 + day).isoformat(),
        "confidence": "0.9",
        "origin": f"o{origin}",
        "slots": {"amount": {"low": str(amount)}},
        **more,
    }


def retraction(n, target, fact):
    return {
        "id": f"{n * 0x9E3779B97F4A7C15 % (1 << 64):064x}",
        "type": "retraction",
        "retracts": target,
        "fact": fact,
    }


@st.composite
def tellings(draw):
    """Entries of one line, many near each other, some twice, some taken back, some retractions too."""
    made = []
    spread = draw(st.sampled_from([3, 40, 200, 900]))
    for n in range(draw(st.integers(1, 60))):
        facts = [one for one in made if one["type"] != "retraction"]
        what = draw(st.integers(0, 9))
        if made and what == 0:
            made.append(draw(st.sampled_from(made)))
        elif made and what in (1, 2):
            target = draw(st.sampled_from(made))
            made.append(retraction(n, target["id"], target.get("fact", target["id"])))
        elif facts and what == 3:  # a retraction that comes before what it takes back
            target = entry(1000 + n, draw(st.integers(0, spread)))
            made += [retraction(n, target["id"], target["id"]), target]
        else:
            day = draw(st.integers(0, spread))
            long = draw(st.sampled_from([0, 0, 20]))
            precision = draw(st.sampled_from(["day", "month", "week"]))
            start = date.fromordinal(735_000 + day)
            made.append(
                entry(
                    n,
                    day,
                    kind=draw(st.sampled_from([0, 0, 0, 1, 2])),
                    modality=draw(st.sampled_from(["asserted"] * 4 + ["reported", "possible", "denied"])),
                    stage=draw(st.sampled_from([None] * 4 + ["agreed", "planned"])),
                    origin=draw(st.integers(0, 5)),
                    amount=draw(st.integers(0, 3)),
                    confidence=draw(st.sampled_from(["0.9", "0.90", "1", "0.5"])),
                    valid=days(
                        start.isoformat(), date.fromordinal(735_000 + day + long).isoformat(), precision
                    ),
                )
            )
    times = draw(st.lists(st.integers(0, 10**10), min_size=len(made), max_size=len(made)))
    by_id = {}
    return [Posted(one, by_id.setdefault(one["id"], MS + ms)) for one, ms in zip(made, times, strict=True)]
