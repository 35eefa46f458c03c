"""The API's port: taken before anything else, or refused in the same words by whoever looks."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from api.errors import ApiPortInUse
from api.sockets import listening, refuse_taken_port
from streams.settings import Settings


def settings_on(port: int, tmp_path: Path, host: str = "127.0.0.1") -> Settings:
    return Settings(data=tmp_path, host=host, port=port)


def test_a_free_port_is_taken_and_a_taken_one_is_refused_in_one_way(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = settings_on(port, tmp_path)
        told = []
        for look in (listening, refuse_taken_port):
            with pytest.raises(
                ApiPortInUse, match=f"port {port} of 127.0.0.1 .*: set KHABAR_PORT"
            ) as refused:
                look(settings)
            told.append(str(refused.value))
    assert told[0] == told[1]
    refuse_taken_port(settings)
    with listening(settings) as taken:
        assert taken.getsockname() == ("127.0.0.1", port)
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass


def test_a_host_that_is_none_of_this_machine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ApiPortInUse, match=r"port 8000 of 192\.0\.2\.1"):
        listening(settings_on(8000, tmp_path, "192.0.2.1"))
