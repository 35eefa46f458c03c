"""Rows in order, whether they fit into memory or not."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from streams.runs import Runs, Writer, read

ROWS = st.lists(
    st.tuples(st.binary(max_size=4), st.integers(0, 3), st.text(max_size=3), st.binary(max_size=30))
)


@given(ROWS, st.sampled_from((1, 40, 1 << 20)), st.booleans())
def test_rows_come_in_order(rows: list[tuple[bytes, int, str, bytes]], run_bytes: int, by_file: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(Path(folder), "some", run_bytes)
        for n in range(0, len(rows), 3):
            runs.add(rows[n : n + 3])
        found = list(read(runs.to_file()) if by_file else runs.ordered())
        assert found == sorted(rows)
        assert by_file is False or [path.name for path in Path(folder).iterdir()] == ["some.rows"]


def test_what_is_held_is_bounded(tmp_path: Path) -> None:
    runs = Runs(tmp_path, "some", 1000)
    for n in range(100):
        runs.add([(n % 7, b"x" * 100)])
    assert len(list(tmp_path.iterdir())) > 5
    assert len(list(runs.ordered())) == 100


def test_a_file_is_written_in_pieces(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "rows")
    for piece in ([(1, b"a")], [], [(2, b"b"), (3, b"c")]):
        writer.add(piece)
    writer.close()
    assert list(read(tmp_path / "rows")) == [(1, b"a"), (2, b"b"), (3, b"c")]
