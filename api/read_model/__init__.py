"""The SQLite read model: `events.db` follows the log, `views-g<N>.db` follows a generation's changelog.

One process writes (`api.reader`), in the order events file, generation file; whoever reads opens them in
the opposite order, so that an entry never points at an event that is not there yet. Each file holds its own
offsets, written in the same transaction as what they brought: deleting a file means reading again.
"""
