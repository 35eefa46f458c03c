import pytest

from streams.cluster import log_id
from streams.history import places_of
from streams.tokens import Token, TokenError
from streams.topics import ensure_topics


async def test_a_token_of_another_log_is_refused(settings):
    await ensure_topics(settings)
    here = await places_of(settings, Token(await log_id(settings), 0))
    assert not any(here.next_offsets.values())
    with pytest.raises(TokenError, match="another log"):
        await places_of(settings, Token("another", 0))
