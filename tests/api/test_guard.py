from __future__ import annotations

from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from api.app import create_app
from streams.settings import Settings

TOKEN = "a-write-token-of-some-length"  # noqa: S105  # of this test
DOCUMENT = {"text": "One article."}


def client(tmp_path: Path, **more: object) -> AsyncClient:
    settings = Settings(data=tmp_path, bootstrap_servers="127.0.0.1:1", **more)  # type: ignore[arg-type]
    transport = ASGITransport(create_app(settings), raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "10.1.2.3"])
async def test_addresses_and_localhost_are_hosts(tmp_path: Path, host: str) -> None:
    assert (await client(tmp_path).get("/livez", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", ""]
)
async def test_other_names_are_refused(tmp_path: Path, host: str) -> None:
    answer = await client(tmp_path).get("/livez", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"
    assert host == "" or host not in answer.text


async def test_a_name_can_be_allowed(tmp_path: Path) -> None:
    served = client(tmp_path, allowed_hosts="khabar.example,other.example")
    assert (await served.get("/livez", headers={"Host": "khabar.example"})).status_code == 200


async def test_pages_of_other_origins_may_not_write(tmp_path: Path) -> None:
    served = client(tmp_path)
    for origin in ("https://evil.example", "null", "http://127.0.0.1:9999"):
        assert (
            await served.post("/v1/documents", json=DOCUMENT, headers={"Origin": origin})
        ).status_code == 403
    own = await served.post("/v1/documents", json=DOCUMENT, headers={"Origin": "http://127.0.0.1:8000"})
    assert own.status_code == 503, "it came through; there is just no reader"


async def test_off_loopback_writes_need_the_token(tmp_path: Path) -> None:
    without = client(tmp_path, host="0.0.0.0")  # noqa: S104  # what is tested
    assert (await without.post("/v1/documents", json=DOCUMENT)).status_code == 403
    assert (await without.get("/livez")).status_code == 200
    served = client(tmp_path, host="0.0.0.0", write_token=TOKEN)  # noqa: S104  # what is tested
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN[:-1]}):
        refused = await served.post("/v1/documents", json=DOCUMENT, headers=header)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
    good = {"Authorization": f"Bearer {TOKEN}"}
    assert (await served.post("/v1/documents", json=DOCUMENT, headers=good)).status_code == 503


async def test_withdrawing_and_reinstating_are_writes(tmp_path: Path) -> None:
    path = "/v1/documents/sha256%3Aabc"
    served = client(tmp_path, write_token=TOKEN)
    for method, where in (("DELETE", f"{path}?reason=a"), ("POST", f"{path}/reinstatement")):
        assert (await served.request(method, where)).status_code == 401
        good = {"Authorization": f"Bearer {TOKEN}"}
        foreign = await served.request(method, where, headers={**good, "Origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert (await served.request(method, where, headers=good)).status_code == 503, "there is no reader"
    operations = (await served.get("/openapi.json")).json()["paths"]["/v1/documents/{document_id}"]
    assert operations["delete"]["security"] == [{"writeToken": []}]
    assert "security" not in operations["get"]


async def test_without_a_reader_everything_says_so(tmp_path: Path) -> None:
    served = client(tmp_path)
    for path in ("/v1/events", "/v1/companies?query=a", "/v1/companies/a", "/v1/views", "/v1/events/stream"):
        answer = await served.get(path)
        assert answer.status_code == 503, path
        assert answer.headers["retry-after"]
        assert "reader" in answer.json()["detail"]
    assert (await served.get("/readyz")).status_code == 503
    assert (await served.get("/livez")).status_code == 200
    assert (await served.get("/metrics")).status_code == 200


async def test_odd_lengths_are_refused(tmp_path: Path) -> None:
    served = client(tmp_path)
    for length, status in (("999999999", 413), ("x", 422), ("-1", 422)):
        answer = await served.post("/v1/documents", content=b"{}", headers={"Content-Length": length})
        assert answer.status_code == status, length
