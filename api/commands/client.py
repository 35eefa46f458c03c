"""The API as the commands call it: JSON, or one line that says what is wrong."""

from __future__ import annotations

from typing import Any

import httpx

from api.commands.common import EXIT_FAULT, EXIT_INPUT, EXIT_SETUP, fail, load_settings

TIMEOUT_SECONDS = 30.0


def get(path: str, **parameters: str | int | None) -> Any:
    """GET a path of the API that the settings name."""
    return _ask("GET", path, {k: v for k, v in parameters.items() if v is not None}, None)


def is_there(path: str) -> bool:
    """Say whether the API knows what a path names."""
    answer: dict[str, Any] = _ask("GET", path, {}, None, also=404)
    return answer.get("status") != 404  # a problem document tells its status


def post(path: str, body: Any) -> Any:
    """POST JSON to a path of the API that the settings name."""
    return _ask("POST", path, {}, body)


def delete(path: str, body: Any) -> Any:
    """DELETE a path of the API that the settings name; the JSON says why."""
    return _ask("DELETE", path, {}, body)


def health() -> Any:
    """GET /readyz, whose answer is worth showing whether it is 200 or 503."""
    return _ask("GET", "/readyz", {}, None, also=503)


def _ask(method: str, path: str, parameters: dict[str, str | int], body: Any, also: int = 200) -> Any:
    settings = load_settings()
    address = f"http://{settings.host}:{settings.port}"
    token = settings.write_token
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token and method != "GET" else {}
    try:
        answer = httpx.request(
            method,
            address + path,
            params=parameters,
            json=body,
            headers=headers,
            timeout=TIMEOUT_SECONDS,
            follow_redirects=True,  # an entity that was merged has another id
        )
    except httpx.HTTPError:
        fail(
            f"nothing answers at {address}: start `khabar up`, or set KHABAR_HOST and KHABAR_PORT", EXIT_SETUP
        )
    if answer.is_success or answer.status_code == also:
        return answer.json()
    try:
        problem = answer.json()
        said = problem.get("detail") or problem.get("title")
    except ValueError:
        said = answer.reason_phrase
    fail(str(said), EXIT_INPUT if answer.status_code < 500 else EXIT_FAULT)
