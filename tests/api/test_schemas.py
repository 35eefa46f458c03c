import httpx

from api.app import create_app
from streams.codec import headers
from streams.settings import Settings
from tests.api.making import investment


async def test_an_event_names_a_schema_that_is_served(tmp_path):
    app = httpx.ASGITransport(create_app(Settings(data=tmp_path)))
    async with httpx.AsyncClient(transport=app, base_url="http://127.0.0.1:8000") as client:
        named = dict(headers(investment("meta", "scale")))["ce_dataschema"].decode()
        served = await client.get(named)
        assert served.status_code == 200
        assert "slots" in served.json()["properties"]
        assert (await client.get("/schemas/v1/merger.json")).status_code == 404
        assert (await client.get("/schemas/v1/..%2Fv1%2Fsupply.json")).status_code in (404, 422)
