"""The page at /docs: complete without a network, and no third party hears of who looks at it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from api.app import create_app
from streams.settings import Settings


@pytest.fixture
def client(tmp_path: Path) -> AsyncClient:
    transport = ASGITransport(create_app(Settings(data=tmp_path)))
    return AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


async def test_all_that_the_page_loads_is_served_here(client: AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "://" not in page.text.replace("window.location.origin", "")
    loaded = re.findall(r"""(?:src|href)=["']([^"']+)["']""", page.text)
    assert {address.rsplit(".", 1)[1] for address in loaded} >= {"js", "css"}
    for address in [*loaded, "/openapi.json"]:
        answer = await client.get(address)
        assert answer.status_code == 200, address
        assert answer.content
        if address.endswith(".css"):
            assert not re.search(r"url\(\s*['\"]?(https?:)?//", answer.text)
            assert "@import" not in answer.text
    assert '"validatorUrl": null' in page.text, "else the viewer would ask a service whether the API is valid"


async def test_there_is_one_viewer_only(client: AsyncClient) -> None:
    assert (await client.get("/redoc")).status_code == 404


async def test_the_viewer_is_no_part_of_the_api(client: AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert paths
    assert not [path for path in paths if path.startswith("/docs")]
