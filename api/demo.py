"""The tour of `khabar up --demo`: ingest the shipped articles, show two positions, say what to try next."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import httpx

from api.commands.common import err, out
from api.commands.tables import position

if TYPE_CHECKING:
    from streams.settings import Settings

SHOWN = ("meta-platforms", "scale-ai")
WAIT_SECONDS_MAX = 60.0

NEXT = """Try next, in another terminal:
  khabar show openai                  what is known of a company
  khabar follow --from beginning      the events themselves, and what comes
  khabar parse ARTICLE                the facts of a .txt, .html or .json file
  khabar replay                       rebuild the views, and prove them equal
  curl {address}/v1/companies/scale-ai"""


def tour(settings: Settings, address: str) -> None:
    """Ingest what is not in the log yet, wait until it is served, and print."""
    from seeds.articles import sample_articles

    token = asyncio.run(_ingest(settings, address))
    for company in SHOWN:
        out.print(position(_position(address, company, token)))
    out.print(NEXT.format(address=address), markup=False, highlight=False)
    err.print(f"{len(sample_articles())} sample articles are in the log", markup=False)


async def _ingest(settings: Settings, address: str) -> str | None:
    """Post the sample articles; give the token of the last. The same article twice gives nothing new."""
    from seeds.articles import sample_articles
    from seeds.document import read_document

    token = None
    headers = {}
    if settings.write_token:
        headers["Authorization"] = f"Bearer {settings.write_token.get_secret_value()}"
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=30) as client:
        for path in sample_articles():
            body = read_document(path).model_dump(mode="json", exclude_none=True)
            answer = await client.post("/v1/documents", json=body)
            answer.raise_for_status()
            token = answer.headers["Khabar-Token"]
            await _parsed(client, token)
    return token


async def _parsed(client: httpx.AsyncClient, token: str) -> None:
    """Wait until what a token stands for is served; each article has a token of its own."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while time.monotonic() < deadline:
        parameters = {"query": SHOWN[0], "min_token": token, "wait": "2s"}
        if (await client.get("/v1/companies", params=parameters)).is_success:
            return


def _position(address: str, company: str, token: str | None) -> dict[str, Any]:
    parameters = {"min_token": token, "wait": "2s"} if token else {}
    answer = httpx.get(f"{address}/v1/companies/{company}", params=parameters, timeout=30)
    answer.raise_for_status()
    data: dict[str, Any] = answer.json()
    return data
