"""Running several invocations at once, in every order of their AWS calls.

Each invocation is a greenlet that stops before every call; a schedule says who goes on. Exploring is depth first over
the choices, as in stateless model checking (Godefroid, VeriSoft, 1997): no state is kept, every schedule is run anew.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from greenlet import greenlet

from saga_testing.wire import Wire
from tests.proof.exhaustion.deployment import CheckedDeployment, Delivery


@dataclass
class _Invocation:
    delivery: Delivery
    thread: greenlet


def run_interleaved(
    deployment: CheckedDeployment, deliveries: tuple[Delivery, ...], schedule: tuple[int, ...]
) -> list[tuple[int, int]]:
    """Run by `schedule`, then always the first that can go on. Returns each choice made, and how many there were.

    What is not acknowledged is delivered again, once the others are through, as its source would.
    """
    scheduler = greenlet.getcurrent()
    again: list[Delivery] = []

    def invocation(delivery: Delivery) -> greenlet:
        wire = Wire(before_call=lambda _operation: scheduler.switch(), after_call=deployment.check_slots)

        def work() -> None:
            if not deployment.invoke(delivery, wire):
                again.append(delivery)

        return greenlet(work)

    threads = [invocation(delivery) for delivery in deliveries]
    choices: list[tuple[int, int]] = []
    while alive := [thread for thread in threads if not thread.dead]:
        step = len(choices)
        chosen = schedule[step] if step < len(schedule) else 0
        choices.append((chosen, len(alive)))
        alive[chosen].switch()
    for delivery in again:
        deployment.carry_out(delivery)
    return choices


def every_schedule(run: Callable[[tuple[int, ...]], list[tuple[int, int]]]) -> Iterator[tuple[int, ...]]:
    """Call `run` with every schedule there is; yields each one after it ran."""
    schedule: tuple[int, ...] = ()
    while True:
        choices = run(schedule)
        yield tuple(chosen for chosen, _ in choices)
        while choices and choices[-1][0] + 1 == choices[-1][1]:
            choices.pop()
        if not choices:
            return
        *kept, (last, _) = choices
        schedule = (*(chosen for chosen, _ in kept), last + 1)
