"""Every interleaving of claims, releases, settlers and new limits on one counter, on the items' own state space.

The decisions are the production code's (`domain.counters`); only the items and their conditions are modelled here. A
settler reads one shard after the other, writes one cap after the other, and may die between any two of these. `gen`
itself is no part of a state: what matters is whether it has moved since a settler read it, so the space is finite.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from saga_orchestrator.domain.counters import (
    Head,
    Lower,
    Override,
    Raise,
    Reading,
    Shard,
    opening,
    settle,
    shard_limits,
)
from tests.proof.exhaustion.counter_world import Broken, Check, Mutant, Settler, State, World


def explore(world: World) -> int:
    """Every reachable state, each checked; how many there are."""
    start = world.start()
    seen, todo = {start}, [start]
    while todo:
        state = todo.pop()
        check_state(state)
        for label, after in steps(state, world):
            check_step(label, state, after)
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return len(seen)


def check_step(label: str, before: State, after: State) -> None:
    """No step brings the promise above the limit; so no claim finds room that the limit in force does not give."""
    most = max(before.promised, after.limit)
    if before.head is not None and after.promised > most:
        msg = f"{label}: {after.promised} promised of {after.limit}, from {before} to {after}"
        raise Broken(msg)
    if label.startswith("override") and (before.head, before.shards) != (after.head, after.shards):
        msg = f"{label}: it touched what is in force, from {before} to {after}"
        raise Broken(msg)


def check_state(state: State) -> None:
    if state.head is None:
        return
    closed = not any(shard.cap for shard in state.shards)
    if not state.head.unsettled and state.promised > state.limit and not closed:
        msg = f"settled, and a claim can still go over the limit: {state}"
        raise Broken(msg)
    check_progress(state)


def check_progress(state: State) -> None:
    """One settler alone comes to an end: all of the limit is promised, or more than all is taken and nobody gets in."""
    head, shards = state.head, state.shards
    if head is None:
        return
    for _ in range(3 * len(shards) + 3):
        if not (plan := settle(Reading(replace(head, span=len(shards)), shards))):
            break
        for step in plan:
            shards = _capped(shards, step)
    over = sum(shard.n for shard in shards) > head.limit and not any(shard.cap for shard in shards)
    if settle(Reading(replace(head, span=len(shards)), shards)) or not (
        over or sum(shard.promised for shard in shards) == head.limit
    ):
        msg = f"a settler gets no further than {shards}, from {state}"
        raise Broken(msg)
    if not any(shard.n for shard in shards) and tuple(shard.cap or 0 for shard in shards) != _shares(head, shards):
        msg = f"nothing runs, and the limit is not spread evenly: {shards}, from {state}"
        raise Broken(msg)


def _shares(head: Head, shards: tuple[Shard, ...]) -> tuple[int, ...]:
    return (*shard_limits(head.limit, head.shards), *(0,) * (len(shards) - head.shards))


def steps(state: State, world: World) -> Iterator[tuple[str, State]]:
    yield from _work(state, world)
    yield from _overrides(state, world) if world.overrides and state.head else _limits(state, world)
    for place in range(len(state.settlers)):
        for label, after, moved in _settling(state, place, world):
            others = tuple(
                replace(other, fresh=False) if moved and other and position != place else other
                for position, other in enumerate(after.settlers)
            )
            check = replace(after.check, fresh=False) if moved and after.check else after.check
            # Settlers are alike, so only which of them there are is a state.
            yield f"settler: {label}", replace(after, settlers=_sorted(others), check=check)


def _work(state: State, world: World) -> Iterator[tuple[str, State]]:
    running = sum(shard.n for shard in state.shards)
    older = world.older and state.changes == world.changes
    shares = (*shard_limits(world.limit, world.shards), *(0,) * world.span)
    for place, shard in enumerate(state.shards):
        if running < world.workers and (shard.has_room or (older and shard.n < shares[place])):
            yield f"claim of {place}", _with(state, place, replace(shard, n=shard.n + 1))
        if shard.n > 0:
            yield f"release of {place}", _with(state, place, replace(shard, n=shard.n - 1))


def _limits(state: State, world: World) -> Iterator[tuple[str, State]]:
    if state.head is None:
        opened = opening(world.limit, world.shards, state.shards)
        padded = (*opened.shards, *state.shards[len(opened.shards) :])
        yield "opened", replace(state, head=replace(opened.head, gen=0), shards=padded)
    elif state.changes:
        for limit, shards in product(world.limits, world.layouts):
            if (limit, shards) != (state.head.limit, state.head.shards):
                keeps = world.mutant is Mutant.LIMIT_WITHOUT_GEN
                settlers = state.settlers if keeps else tuple(s and replace(s, fresh=False) for s in state.settlers)
                head = replace(state.head.changed(limit, shards), gen=0)
                after = replace(state, head=head, changes=state.changes - 1, settlers=_sorted(settlers))
                yield f"limit {limit} over {shards}", after


def _overrides(state: State, world: World) -> Iterator[tuple[str, State]]:
    if state.head is None:
        return
    if state.changes:
        left = replace(state, changes=state.changes - 1)
        for limit in world.overrides:
            put = replace(left, override=Override(limit, at=0, until=1), expired=False)
            if world.mutant is Mutant.OVERRIDE_IN_FORCE:
                put = replace(put, head=replace(state.head, limit=limit, unsettled=True))
            yield f"override {limit}", put
        if state.override is not None:
            yield "override taken away", replace(left, override=None, expired=False)
    if state.override is not None and not state.expired:
        yield "override expires", replace(state, expired=True)
    if state.check is not None:
        yield "check writes", _brought(state, state.check, world)
        return
    for limit in (_wanted(state, state.head, world), world.limit):  # the second one's code knows no overrides
        if limit != state.head.limit:
            yield "check reads", replace(state, check=Check(limit))


def _wanted(state: State, head: Head, world: World) -> int:
    """By the production code, and compared with what an override is to be."""
    now = 1 if state.expired and world.mutant is not Mutant.EXPIRED_STAYS else 0
    wanted = replace(head, override=state.override).limit_for(world.limit, now)
    if wanted != (world.limit if state.override is None or state.expired else state.override.limit):
        msg = f"a check would bring {wanted}, with {state.override}, expired: {state.expired}"
        raise Broken(msg)
    return wanted


def _brought(state: State, check: Check, world: World) -> State:
    if state.head is None or not (check.fresh or world.mutant is Mutant.CHECK_UNSEEN):
        return replace(state, check=None)
    head = replace(state.head.changed(check.limit, world.shards), gen=0)
    # The mutant's gen is one further than what it read, which others may have come to before.
    settlers = state.settlers if not check.fresh else tuple(s and replace(s, fresh=False) for s in state.settlers)
    return replace(state, head=head, settlers=_sorted(settlers), check=None)


def _settling(state: State, place: int, world: World) -> Iterator[tuple[str, State, bool]]:
    """(what, the state after it, whether `gen` moved)."""
    settler = state.settlers[place]
    if state.head is None:
        return
    if settler is None:
        unread: tuple[Shard | None, ...] = (None,) * len(state.shards)
        yield "begins", _settler(state, place, Settler(read=unread)), False
        return
    yield "dies", _settler(state, place, None), False
    if settler.plan is None:
        for shard in _next_reads(settler, world):
            yield f"reads {shard}", _settler(state, place, _reading(state, settler, shard)), False
    elif settler.plan:
        yield from _acting(state, place, settler, world)
    elif settler.fresh or world.mutant is Mutant.SETTLED_UNSEEN:
        done = replace(state, head=replace(state.head, unsettled=False))
        yield "is settled", _settler(done, place, None), False


def _next_reads(settler: Settler, world: World) -> list[int]:
    """Shard 0, then the others in any order, as a batch may; the mutant's the other way round."""
    others = [place for place in range(1, len(settler.read)) if settler.read[place] is None]
    if world.mutant is Mutant.FIRST_SHARD_LAST:
        return others or [0]
    return [0] if settler.read[0] is None else others


def _reading(state: State, settler: Settler, place: int) -> Settler:
    read = tuple(state.shards[place] if position == place else shard for position, shard in enumerate(settler.read))
    if place == 0:
        settler = replace(settler, head=state.head, fresh=True)
    whole = tuple(shard for shard in read if shard is not None)
    if len(whole) < len(read) or settler.head is None:
        return replace(settler, read=read)
    # What was read is forgotten once the plan is made: two readings with one plan are one state.
    return Settler(fresh=settler.fresh, plan=settle(Reading(replace(settler.head, span=len(read)), whole)))


def _acting(state: State, place: int, settler: Settler, world: World) -> Iterator[tuple[str, State, bool]]:
    step, *rest = settler.plan or ()
    # After its last write it reads again, as one that begins does.
    left = replace(settler, plan=tuple(rest)) if rest else None
    cap = state.shards[step.shard].cap
    if isinstance(step, Lower):
        holds = cap == step.read or world.mutant is Mutant.CAP_UNSEEN
    else:
        holds = cap == step.read and (settler.fresh or world.mutant is Mutant.NO_GEN)
    after = replace(state, shards=_capped(state.shards, step)) if holds else state
    yield f"{step}", _settler(after, place, left), holds and isinstance(step, Raise)


def _capped(shards: tuple[Shard, ...], step: Lower | Raise) -> tuple[Shard, ...]:
    return tuple(replace(shard, cap=step.cap) if place == step.shard else shard for place, shard in enumerate(shards))


def _with(state: State, place: int, shard: Shard) -> State:
    shards = tuple(shard if position == place else other for position, other in enumerate(state.shards))
    return replace(state, shards=shards)


def _settler(state: State, place: int, new: Settler | None) -> State:
    return replace(state, settlers=(*state.settlers[:place], new, *state.settlers[place + 1 :]))


def _sorted(settlers: tuple[Settler | None, ...]) -> tuple[Settler | None, ...]:
    return tuple(sorted(settlers, key=repr))
