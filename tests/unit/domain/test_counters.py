"""What a settler makes of a counter; that no order of settlers breaks a limit is explored in tests/proof/exhaustion."""

import pytest

from saga_orchestrator.domain.counters import Head, Lower, Raise, Reading, Shard, lowered, opening, raised, settle


def reading(limit: int, *shards: tuple[int, int | None], in_use: int | None = None) -> Reading:
    head = Head(limit, gen=7, shards=in_use or len(shards), span=len(shards))
    return Reading(head, tuple(Shard(*shard) for shard in shards))


@pytest.mark.parametrize(
    "settled",
    [
        reading(4, (0, 2), (1, 2)),
        reading(4, (2, 2), (2, 2)),
        reading(2, (2, 0), (1, 0)),
        reading(3, (2, 0), (1, 1)),
    ],
    ids=["with room", "full", "more taken than the limit", "a shard drains"],
)
def test_nothing_is_done_where_all_of_the_limit_is_promised(settled: Reading) -> None:
    assert settle(settled) == ()


def test_a_lowered_limit_lowers_every_cap_to_its_share() -> None:
    assert settle(reading(2, (0, 2), (0, 2))) == (Lower(0, 2, 1), Lower(1, 2, 1))


def test_caps_go_to_nothing_when_all_of_a_lowered_limit_is_taken() -> None:
    """Else one shard's next free slot could be taken while another is over its share."""
    assert settle(reading(2, (3, 3), (0, 1))) == (Lower(0, 3, 0), Lower(1, 1, 0))


def test_what_a_draining_shard_holds_is_taken_off_the_others() -> None:
    assert settle(reading(4, (3, 2), (0, 2))) == (Lower(1, 2, 1),)


def test_what_is_missing_goes_to_the_shard_furthest_below_its_share() -> None:
    assert settle(reading(5, (1, 2), (0, None))) == (Raise(1, None, 2, gen=7),)
    assert raised(reading(6, (4, 0), (0, 1))) == (Raise(1, 1, 2, gen=7),)


def test_a_shard_out_of_use_is_lowered_to_nothing_and_counts_until_it_has_drained() -> None:
    assert lowered(reading(2, (0, 1), (1, 1), in_use=1)) == (Lower(1, 1, 0),)
    assert settle(reading(2, (0, 1), (1, 0), in_use=1)) == ()
    assert settle(reading(2, (0, 1), (0, 0), in_use=1)) == (Raise(0, 1, 2, gen=7),)


def test_a_first_use_gives_each_shard_its_share() -> None:
    opened = opening(5, 2, ())

    assert opened.head == Head(limit=5, gen=1, shards=2, span=2)
    assert opened.shards == (Shard(0, 3), Shard(0, 2))


def test_what_a_release_before_caps_left_over_the_limit_is_not_promised_again() -> None:
    opened = opening(4, 2, (Shard(1), Shard(0), Shard(2)))

    assert opened.head == Head(limit=4, gen=1, shards=2, span=3)
    assert opened.shards == (Shard(1, 2), Shard(0, 0), Shard(2, 0))
    assert opened.promised == 4


def test_another_limit_raises_the_generation_and_never_forgets_a_shard() -> None:
    assert Head(4, 7, 8, 8).changed(2, 3) == Head(2, 8, 3, 8, unsettled=True)
    assert Head(4, 7, 2, 8).changed(2, 16).span == 16


def test_a_counter_says_what_is_taken_and_where_there_is_room() -> None:
    found = reading(4, (1, 2), (2, 2), (1, None))

    assert (found.taken, found.promised, found.with_room) == (4, 5, (0,))
