from streams.generations import Generation, State, Views, first


def test_a_new_installation_follows_generation_one():
    views = first(entries_version=3)
    assert (views.live, views.followed(), views.next_number()) == (1, [1], 2)
    assert views.generations[1].entries_version == 3


def test_a_generation_is_followed_once_it_is_built_and_until_it_is_dropped():
    views = first(1).with_new(2, entries_version=1)
    assert views.followed() == [1]
    views = views.with_state(2, State.FOLLOWING)
    assert views.followed() == [1, 2]
    views = views.with_state(2, State.DROPPED)
    assert (views.followed(), views.dropped()) == ([1], [2])


def test_the_one_that_was_live_is_kept_and_can_be_live_again():
    views = first(1).with_new(2, 1).with_state(2, State.FOLLOWING).switched_to(2)
    assert (views.live, views.generations[1].state, views.generations[2].state) == (
        2,
        State.KEPT,
        State.LIVE,
    )
    back = views.switched_to(1)
    assert (back.live, back.generations[2].state) == (1, State.KEPT)


def test_a_number_is_never_given_twice():
    views = first(1).with_new(2, 1).with_state(2, State.DROPPED)
    assert views.next_number() == 3


def test_a_state_of_a_newer_version_is_read_and_not_followed():
    newer = Generation.model_validate({"state": "frozen", "entries_version": 9, "created_ms": 1})
    assert newer.state is State.OTHER
    assert Views(live=1, generations={2: newer}).followed() == []
