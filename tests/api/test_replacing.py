"""When a generation is to be replaced, and when that has been tried lately."""

from __future__ import annotations

from api.reader_replacing import need, tried_ms
from streams.entries import ENTRIES_VERSION
from streams.generations import Generation, State, Views, first
from streams.replay import FAR_RECORDS

OLDER, NEWER = ENTRIES_VERSION - 1, ENTRIES_VERSION + 1


def views(*made: tuple[int, int], live: int) -> Views:
    """Generations from 1 on: the version of each, and when it was made."""
    return Views(
        live=live,
        generations={
            number: Generation(
                state=State.LIVE if number == live else State.DROPPED,
                entries_version=version,
                created_ms=created_ms,
            )
            for number, (version, created_ms) in enumerate(made, 1)
        },
    )


def test_what_is_unproven_or_of_other_rules_is_to_be_replaced() -> None:
    well = first(ENTRIES_VERSION)
    assert need(well, 0) == ""
    assert need(well.with_state(1, State.UNPROVEN), 0) == "it is unproven"
    assert "rules 99" in need(first(99), 0)
    assert "rules 0" in need(first(0), 0)
    assert need(well, FAR_RECORDS) == ""
    assert need(well, FAR_RECORDS + 1) == "its worker is far behind the log"
    kept = well.with_new(2, 99).with_state(2, State.KEPT)
    assert need(kept, 0) == "", "only what is served counts"


def test_a_replay_that_was_tried_by_this_version_counts() -> None:
    mine = ENTRIES_VERSION
    assert tried_ms(views((mine, 10), live=1)) == 0, "the first generation is no replay's"
    assert tried_ms(views((mine, 10), (mine, 20), live=1)) == 20, "it failed"
    assert tried_ms(views((mine, 10), (mine, 20), live=2)) == 20, "it did not help"
    assert tried_ms(views((OLDER, 10), (OLDER, 20), live=2)) == 0, "the version was updated"
    assert tried_ms(views((OLDER, 10), (OLDER, 20), (mine, 30), live=2)) == 30
    assert tried_ms(views((mine, 10), (NEWER, 20), live=2)) == 20, "this machine will be updated next"
