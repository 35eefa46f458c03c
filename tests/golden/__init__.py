"""Records as they were once written: every later version must read them.

`v<N>/<type>.json` holds two events of a type, one with every slot and one with none that could be left
out; `v<N>/schemas/` the schemas by which a reader of that time judged what it read. Nothing here is ever
written again: `python -m tests.golden` adds what a new type or version lacks.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
