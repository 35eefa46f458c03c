"""From a log token back to places: what a subscriber who holds it has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.subscribe import Places

if TYPE_CHECKING:
    from streams.settings import Settings
    from streams.tokens import Token


async def places_of(settings: Settings, token: Token) -> Places:
    """Resolve a token: the vector of its cut, moved on by what the token itself carries."""
    raise NotImplementedError
