"""Chaos: processes are killed, frozen and cut off under load, and an oracle of its own folds the log."""
