"""Bugs about what is said: one for each clause of obligations 9 and 10."""

import json
import threading
from typing import Any

from local_worker import outcomes
from local_worker.outcomes import PodOutcome
from local_worker.worker import PodNews, Worker
from stack_client import OutgoingEvent
from tests.tools.worker.contract.planting import Patch, breaks, on_event, on_outcome, with_fields


@breaks("9.1")
def forgets_that_all_went_well(_worker: Worker, patch: Patch) -> None:
    on_outcome(patch, lambda o: with_fields(o, exit_code=1) if o.event_type == "EXECUTION_COMPLETED" else o)


@breaks("9.2")
def rounds_exit_codes(_worker: Worker, patch: Patch) -> None:
    on_outcome(patch, lambda o: with_fields(o, exit_code=1) if 1 < o.fields.get("exit_code", 0) < 126 else o)


@breaks("9.3")
def tells_signals_as_python_does(_worker: Worker, patch: Patch) -> None:
    on_outcome(patch, lambda o: with_fields(o, exit_code=-9) if o.fields.get("exit_code") == 137 else o)


@breaks("9.4")
def knows_one_failure(_worker: Worker, patch: Patch) -> None:
    on_outcome(patch, lambda o: with_fields(o, exit_code=1) if o.fields.get("exit_code") in {126, 127} else o)


@breaks("9.6")
def tells_the_start_late(subject: Worker, _patch: Patch) -> None:
    publish, waiting, told = subject._publish, dict[str, threading.Timer](), dict[str, OutgoingEvent]()

    def wrong(event: OutgoingEvent) -> bool:
        if event.event_type == "EXECUTION_STARTED":
            told[event.key] = event
            waiting[event.key] = timer = threading.Timer(12, publish, (event,))
            timer.start()
            return True
        timer = waiting.get(event.key, threading.Timer(0, print))
        if timer.is_alive():
            timer.cancel()
            publish(told[event.key])
        return publish(event)

    subject._publish = wrong  # type: ignore[method-assign]  # that is the bug


@breaks("9.7")
def says_who_it_is_and_not_whose(_worker: Worker, patch: Patch) -> None:
    on_event(patch, lambda body: body | {"metadata": {"service_name": "worker", "service_version": "1"}})


@breaks("9.8")
def numbers_no_events(_worker: Worker, patch: Patch) -> None:
    on_event(patch, lambda body: body | {"event_id": body["event_id"].rpartition(":")[0]})


@breaks("9.9")
def measures_nothing(_worker: Worker, patch: Patch) -> None:
    on_outcome(patch, lambda o: with_fields(o, resource_usage=None))


@breaks("9.10")
def cuts_in_silence(_worker: Worker, patch: Patch) -> None:
    def change(outcome: PodOutcome) -> PodOutcome:
        return with_fields(outcome, stdout=str(outcome.fields["stdout"]).partition("\n[truncated")[0])

    on_outcome(patch, change)


@breaks("9.11")
def wants_text(_worker: Worker, patch: Patch) -> None:
    fit = outcomes.fit_outputs

    def wrong(stdout: Any, stderr: Any, budget: int) -> tuple[str, str]:
        bytes(stdout.kept).decode()
        return fit(stdout, stderr, budget)

    patch.setattr(outcomes, "fit_outputs", wrong)


@breaks("10.1")
def logs_what_it_publishes(subject: Worker, _patch: Patch) -> None:
    publish = subject._publish

    def wrong(event: OutgoingEvent) -> bool:
        subject._tell(PodNews(json.dumps(event.body), event.key))
        return publish(event)

    subject._publish = wrong  # type: ignore[method-assign]  # that is the bug
