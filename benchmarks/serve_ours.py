"""Our contestant: the application over a data directory, as `khabar serve` runs it, but without a reader.

KHABAR_DATA=… KHABAR_PORT=… python -m benchmarks.serve_ours
"""

from __future__ import annotations

from api.app import served
from api.server import server_of
from api.sockets import listening
from streams.settings import Settings


def main() -> None:
    settings = Settings()
    server_of(served(settings), "warning").run(sockets=[listening(settings)])


if __name__ == "__main__":
    main()
