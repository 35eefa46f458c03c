"""Sums of hashes that prove two sets of entries equal, without comparing them row by row.

Per partition and bucket of keys: the sum modulo 2**256 of SHA-256(line, event id, entry). Sums do not
depend on order, and what is added can be taken away again. Positions do not enter them, so they survive a
copy of the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

BUCKETS = 256
MODULUS = 1 << 256
SUM_BYTES = 32


def bucket(key: bytes) -> int:
    """Give the bucket of a table key."""
    return hashlib.blake2b(key, digest_size=1).digest()[0]


def term(key: bytes, entry: bytes) -> int:
    """Give what one entry adds to the sum of its bucket; the key is that of the table (line and id)."""
    return int.from_bytes(hashlib.sha256(len(key).to_bytes(4, "big") + key + entry).digest(), "big")


class Digest:
    """The 256 sums of one partition."""

    def __init__(self, data: bytes | None = None) -> None:
        if data is not None and len(data) != BUCKETS * SUM_BYTES:
            message = f"a digest has {BUCKETS * SUM_BYTES} bytes, not {len(data)}"
            raise ValueError(message)
        self._sums = (
            [0] * BUCKETS
            if data is None
            else [int.from_bytes(data[i : i + SUM_BYTES], "big") for i in range(0, len(data), SUM_BYTES)]
        )

    def add(self, key: bytes, entry: bytes) -> None:
        """Count an entry in."""
        self.add_term(key, term(key, entry))

    def add_term(self, key: bytes, value: int) -> None:
        """Count an entry in by its term."""
        at = bucket(key)
        self._sums[at] = (self._sums[at] + value) % MODULUS

    def remove(self, key: bytes, entry: bytes) -> None:
        """Count an entry out."""
        at = bucket(key)
        self._sums[at] = (self._sums[at] - term(key, entry)) % MODULUS

    def moved(self, before: Digest, after: Digest) -> Digest:
        """Give these sums with what lies between two others counted in."""
        made = Digest()
        made._sums = [
            (a - b + c) % MODULUS for a, b, c in zip(self._sums, before._sums, after._sums, strict=True)
        ]
        return made

    def differing(self, other: Digest) -> list[int]:
        """List the buckets whose sums are not equal."""
        return [n for n, (a, b) in enumerate(zip(self._sums, other._sums, strict=True)) if a != b]

    def to_bytes(self) -> bytes:
        """Give the sums for storing."""
        return b"".join(value.to_bytes(SUM_BYTES, "big") for value in self._sums)


def total(digests: Iterable[Digest]) -> str:
    """Give one hexadecimal number for all partitions together, the same however keys are partitioned."""
    return f"{sum(sum(digest._sums) for digest in digests) % MODULUS:064x}"
