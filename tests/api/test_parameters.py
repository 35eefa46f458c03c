"""The parameters that endpoints share are the same ones everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.app import create_app
from streams.settings import Settings

PATH = {"company_id"}


def parameters(tmp_path: Path, path: str) -> dict[str, Any]:
    """Name → where it stands and its schema, as OpenAPI tells."""
    told = create_app(Settings(data=tmp_path)).openapi()["paths"][path]["get"]["parameters"]
    return {each["name"]: (each["in"], each["schema"]) for each in told}


def test_the_events_of_a_company_are_asked_for_as_all_events_are(tmp_path: Path) -> None:
    """But for `company`: the path names it, and a second one would be ignored."""
    of_all = parameters(tmp_path, "/v1/events")
    of_company = parameters(tmp_path, "/v1/companies/{company_id}/events")
    assert {"type", "stage", "modality", "min_confidence", "since", "cursor", "limit"} <= of_company.keys()
    assert of_company.keys() - PATH == of_all.keys() - {"company"}
    assert all(of_company[name] == of_all[name] for name in of_company.keys() - PATH)


def test_a_stream_filters_as_pages_do(tmp_path: Path) -> None:
    of_all, of_stream = (parameters(tmp_path, path) for path in ("/v1/events", "/v1/events/stream"))
    filters = {"type", "stage", "modality", "min_confidence", "company"}
    assert filters <= of_stream.keys()
    assert all(of_stream[name] == of_all[name] for name in filters)
