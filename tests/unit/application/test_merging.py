"""Places out of many partitions: pages and stretches hold each once, in order, for as many reads as they may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import example, given
from hypothesis import strategies as st

from saga_orchestrator.application.listing import Key, Order, Place, Unreadable
from saga_orchestrator.application.merging import page_of, stretches_of
from saga_orchestrator.application.paging import MAX_KEYS_READ
from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.saga import Saga


@dataclass
class Shelves:
    """Implements `Lists`: what stands at which place of which partition. Nothing on it can be read."""

    contents: Mapping[str, list[Place]]
    keys_read: int = 0
    queries: list[str] = field(default_factory=list)

    def partitions(self, _order: Order) -> Sequence[str]:
        return list(self.contents)

    def keys(
        self, _order: Order, partition: str, since: int, after: Key | None, limit: int, before: int | None = None
    ) -> tuple[list[Place], bool]:
        self.queries.append(partition)
        stands = [each for each in self.contents[partition] if before is None or each.at < before]
        left = [
            each for each in stands if each.at > since or (each.at == since and (after is None or each.key > after))
        ]
        self.keys_read += len(left[:limit])
        return left[:limit], len(left) > limit

    def sagas(self, keys: Sequence[Key]) -> Mapping[Key, Saga | Unreadable]:
        return {key: Unreadable(key, CorruptSaga("odd")) for key in keys}


def shelves(partitions: int, ats: Sequence[tuple[int, int]]) -> Shelves:
    contents: dict[str, list[Place]] = {str(number): [] for number in range(partitions)}
    for number, (shard, at) in enumerate(ats):
        partition = str(shard % partitions)
        contents[partition].append(Place(at, partition, (f"e-{number:04}", "saga")))
    return Shelves({name: sorted(each, key=lambda place: (place.at, place.key)) for name, each in contents.items()})


def in_order(lists: Shelves) -> list[Key]:
    rank = {name: number for number, name in enumerate(lists.contents)}
    every = [place for each in lists.contents.values() for place in each]
    return [place.key for place in sorted(every, key=lambda place: (place.at, rank[place.partition], place.key))]


PARTITIONS = st.sampled_from([1, 2, 3, 8, 64, 256, 499, 500])
PLACES = st.lists(st.tuples(st.integers(0, 511), st.integers(0, 12)), max_size=120)
MANY = [(number * 7, number // 3) for number in range(900)]
"""More than one page may read, and than one stretch holds."""


@example(partitions=256, places=MANY, size=100)
@given(partitions=PARTITIONS, places=PLACES, size=st.sampled_from([1, 2, 7, 50, 100]))
def test_pages_hold_each_once_in_order_and_cost_no_more_than_they_may(
    partitions: int, places: list[tuple[int, int]], size: int
) -> None:
    lists, found, behind = shelves(partitions, places), list[Key](), None
    while True:
        lists.keys_read = 0
        page = page_of(lists, Order.DEADLINES, behind, size)
        assert len(page.sagas) <= size
        assert lists.keys_read <= MAX_KEYS_READ
        found += [each.key for each in page.sagas if isinstance(each, Unreadable)]
        behind = page.next
        if behind is None:
            break
        assert page.sagas  # it gets on
        assert len(found) <= len(places)

    assert found == in_order(lists)


@example(partitions=8, places=MANY, most=1_000, before=None)
@given(
    partitions=PARTITIONS,
    places=PLACES,
    most=st.sampled_from([1, 5, 119, 120, 1_000]),
    before=st.sampled_from([None, 0, 6, 99]),
)
def test_stretches_hold_the_first_ones_and_say_whether_others_follow(
    partitions: int, places: list[tuple[int, int]], most: int, before: int | None
) -> None:
    lists = shelves(partitions, places)
    stretches = list(stretches_of(lists, Order.DEADLINES, most=most, before=before))
    cut = [place for each in lists.contents.values() for place in each if before is None or place.at < before]
    wanted = {place.key for place in cut}
    expected = [key for key in in_order(lists) if key in wanted]

    assert [place.key for stretch in stretches for place in stretch.places] == expected[:most]
    assert [stretch.more for stretch in stretches] == [False] * (len(stretches) - 1) + [len(expected) > most]
    # A query of each to begin with, and one more for each that holds more than it was asked for.
    assert len(lists.queries) <= partitions + len(cut)
