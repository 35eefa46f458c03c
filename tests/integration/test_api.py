"""The HTTP service over a real log: what is told is served, wherever it is asked for."""

from __future__ import annotations

from urllib.parse import quote

from httpx import AsyncClient

from streams.codec import event_id
from streams.settings import Settings
from tests.api.making import World, article, events, fact, investment, org, person
from tests.integration.reading import a_reader, a_world, until
from tests.integration.serving import a_client


async def told(world: World, client: AsyncClient, *made: object) -> None:
    """Tell events, and wait until they are served."""
    await world.tell(*made)  # type: ignore[arg-type]  # events
    for event in made:

        async def there(wanted: str = event.id) -> bool:  # type: ignore[attr-defined]
            return (await client.get(f"/v1/events/{wanted}")).status_code == 200

        await until(there)


async def test_a_position_holds_both_sides_with_the_value_of_today(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings), a_client(settings) as client:
        event = investment("meta-platforms", "scale-ai", 14, stage="agreed")
        await told(world, client, event)
        await until(lambda: _has(client, "/v1/companies/scale-ai", "sections"))
        answer = await client.get("/v1/companies/scale-ai")
        position = answer.json()
        assert position["name"]
        assert position["resolved"] is True
        (line,) = position["sections"]["investors"]
        assert line["line"] == "scale-ai|investors|meta-platforms"
        assert line["current"]["entry"]["id"] == event.id
        assert line["current"]["entry"]["slots"]["investors"][0]["amount"]["low"] == "14"
        assert answer.headers["khabar-token"]
        assert int(answer.headers["khabar-staleness"]) <= 3
        other = (await client.get("/v1/companies/meta-platforms")).json()
        assert [line["counterpart"] for line in other["sections"]["investments"]] == ["scale-ai"]
        same = await client.get("/v1/companies/scale-ai", headers={"If-None-Match": answer.headers["etag"]})
        assert same.status_code == 304


async def _has(client: AsyncClient, path: str, key: str) -> bool:
    return bool((await client.get(path)).json().get(key))


async def test_events_as_published_and_in_pages(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings), a_client(settings) as client:
        made = [investment("fund", f"firm-{n}", n + 1) for n in range(7)]
        await told(world, client, *made)
        one = (await client.get(f"/v1/events/{made[0].id}")).json()
        assert event_id(one["event"]) == one["event"]["id"] == made[0].id
        assert one["recorded"]["topic"] == "facts.investment"
        assert one["retracted"] is False
        seen, cursor = [], None
        for _ in range(4):
            page = await client.get(
                "/v1/events", params={"limit": 3, **({"cursor": cursor} if cursor else {})}
            )
            seen += [item["event"]["id"] for item in page.json()["events"]]
            cursor = page.json()["next"]
            if cursor is None:
                break
        assert len(seen) == 7
        assert set(seen) == {event.id for event in made}
        of_firm = await client.get("/v1/companies/firm-3/events")
        assert [item["event"]["id"] for item in of_firm.json()["events"]] == [made[3].id]
        since = await client.get("/v1/events", params={"since": "2999-01-01"})
        assert (since.json()["events"], since.json()["next"]) == ([], None)


async def test_filters(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings), a_client(settings) as client:
        planned = investment("a-fund", "a-firm", stage="planned", modality="reported")
        done = investment("b-fund", "b-firm")
        (layoff,) = events(article(), fact("layoff", {"company": org("a-firm")}))
        await told(world, client, planned, done, layoff)

        async def ids(**parameters: object) -> set[str]:
            page = await client.get("/v1/events", params=parameters)  # type: ignore[arg-type]
            assert page.status_code == 200, page.text
            return {item["event"]["id"] for item in page.json()["events"]}

        assert await ids(type="layoff") == {layoff.id}
        assert await ids(type=["layoff", "investment"]) == {planned.id, done.id, layoff.id}
        assert await ids(stage="planned") == {planned.id}
        assert await ids(modality="asserted") == {done.id, layoff.id}
        assert await ids(company="a-firm") == {planned.id, layoff.id}
        assert await ids(company="a-firm", type="layoff", min_confidence=0.9) == {layoff.id}
        assert await ids(min_confidence=0.95) == set()
        wrong = await client.get("/v1/events", params={"type": "nothing"})
        assert wrong.status_code == 422
        assert wrong.headers["content-type"] == "application/problem+json"


async def test_search_in_both_scripts(settings: Settings) -> None:
    async with a_world(settings), a_reader(settings), a_client(settings) as client:
        await until(lambda: _ready(client))
        for query in ("أرامكو", "ارامكو السعوديه", "Aramco", "saudi ara"):
            found = (await client.get("/v1/companies", params={"query": query})).json()["companies"]
            assert "saudi-aramco" in [company["id"] for company in found], query
        none = await client.get("/v1/companies", params={"query": '"*) zzzz ('})
        assert none.json()["companies"] == []


async def _ready(client: AsyncClient) -> bool:
    return (await client.get("/readyz")).status_code == 200


async def test_people(settings: Settings) -> None:
    async with a_world(settings) as world, a_reader(settings), a_client(settings) as client:
        slots = {"organisation": org("a-firm"), "person": person("jane-doe")}
        (event,) = events(article(), fact("appointment", slots))
        await told(world, client, event)
        await until(lambda: _has(client, "/v1/people/jane-doe", "sections"))
        roles = (await client.get("/v1/people/jane-doe")).json()["sections"]["roles"]
        assert [line["counterpart"] for line in roles] == ["a-firm"]
        assert (await client.get("/v1/people/a-firm")).status_code == 404


PROBLEMS = [
    ("GET", "/v1/companies/nobody", 404),
    ("GET", "/v1/events/" + "0" * 64, 404),
    ("GET", "/v1/events/xyz", 422),
    ("GET", "/v1/documents/" + quote("https://nowhere.example/", safe=""), 404),
    ("DELETE", "/v1/documents/nothing?reason=a", 404),
    ("DELETE", "/v1/documents/nothing", 422),
    ("DELETE", "/v1/documents/nothing?reason=" + "a" * 301, 422),
    ("POST", "/v1/documents/nothing/reinstatement", 404),
    ("POST", "/v1/documents/nothing%2Freinstatement", 404),
    ("GET", "/v1/documents/nothing/reinstatement", 405),
    ("DELETE", "/v1/documents/nothing/reinstatement?reason=a", 405),
    ("GET", "/v1/documents/nothing%2Freinstatement", 404),
    ("GET", "/v1/replays/nothing", 404),
    ("GET", "/v1/nothing", 404),
    ("DELETE", "/v1/events", 405),
    ("GET", "/v1/events?limit=0", 422),
    ("GET", "/v1/events?cursor=%3Cscript%3E", 422),
    ("GET", "/v1/events?type=%3Cscript%3E", 422),
    ("GET", "/v1/companies", 422),
    ("GET", "/v1/companies?query=a&min_token=nonsense", 422),
    ("GET", "/v1/companies?query=a&min_token=x&wait=soon", 422),
    ("GET", "/v1/events/stream?from=nonsense", 422),
]


async def test_every_error_is_a_problem(settings: Settings) -> None:
    async with a_world(settings), a_reader(settings), a_client(settings) as client:
        await until(lambda: _ready(client))
        for method, path, status in PROBLEMS:
            answer = await client.request(method, path)
            assert answer.status_code == status, (method, path)
            assert answer.headers["content-type"] == "application/problem+json", (method, path)
            assert answer.json()["status"] == status
        assert (await client.put("/v1/documents/x")).headers["allow"] == "DELETE, GET"
        assert (await client.put("/v1/documents/x/reinstatement")).headers["allow"] == "POST"
        assert (await client.delete("/v1/replays")).headers["allow"] == "GET, POST"
