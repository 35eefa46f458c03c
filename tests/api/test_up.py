"""What `khabar up` does while it waits until everything is ready."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from api.commands import up
from api.errors import NotReady
from streams.settings import Settings
from streams.supervisor import Supervisor


class NotReadyYet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(503)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def an_api_that_is_not_ready() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), NotReadyYet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def looking(data: Path, port: int) -> up._Look:
    settings = Settings(data=data, port=port)
    return up._Look(settings, Supervisor(settings, say=lambda line: None), None, demo=False)


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "READY_SECONDS_MAX", -1.0)


def test_an_api_that_answers_without_being_ready_is_told_of_once_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with an_api_that_is_not_ready() as port:
        look = looking(tmp_path, port)
        look()
        look()
    look()  # nor does it end everything that it does not answer once
    told = capsys.readouterr().err
    assert told.count("not ready after") == 1
    assert "answers with what was read so far" in told


def test_an_api_that_never_answers_ends_it(tmp_path: Path) -> None:
    with an_api_that_is_not_ready() as port:
        pass
    with pytest.raises(NotReady, match=r"see .*logs"):
        looking(tmp_path, port)()
