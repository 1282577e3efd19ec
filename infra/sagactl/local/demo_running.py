"""Plays the demo so that a signal ends it cleanly at any time."""

from pathlib import Path

from demo import DemoDisplay, Outcome, Progress, plan, play
from sagactl.local.stop_signal import StopSignal


def played(executions: int, seed: int, template: Path) -> Outcome:
    """The whole demo; KeyboardInterrupt after a signal, with everything down."""
    workload = plan(executions, seed)
    display = DemoDisplay(len(workload.executions))
    with StopSignal() as stop, display.showing():

        def show(progress: Progress) -> None:
            # From the first round on a signal is noticed here and nowhere else: it cannot tear through the cleaning up.
            stop.settled()
            display.show(progress)

        outcome = play(workload, template, show, display.say)
        stop.settled()
    return outcome
