"""A saga's story, said in the order in which it happens; every message must be expected, and every expectation met."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.flow.verbs import Verb
from saga_orchestrator.domain.render import SAGA_MESSAGES, WAITING_MESSAGES
from saga_orchestrator.domain.saga import Saga
from saga_testing.faults import Fault
from saga_testing.proving.subject import Subject
from saga_testing.scenario.stage import Stage
from saga_testing.scenario.standing import standing_of
from saga_testing.scenario.transcript import Transcript, listed

Json = dict[str, Any]

OWN: Final = frozenset(spec.type for spec in (*SAGA_MESSAGES.values(), *WAITING_MESSAGES.values()))
"""What every saga says about itself: `ends` looks at it, and nobody need expect it."""


class Scenario:
    """A saga of `definition`, played over the real functions and the table's real conditions, on a virtual clock.

    `settings` are numbers that the deployment sets; `environment` is what the template would give the functions.
    `answers_lost` plays the same story with every write applied and then answered with an error.
    """

    def __init__(
        self,
        definition: SagaDefinition,
        *,
        key: str = "k-1",
        owner: str = "ada",
        settings: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
        answers_lost: bool = False,
    ) -> None:
        self.definition, self.owner = definition, owner
        self._stage = Stage(
            definition, key=key, settings=settings or {}, environment=environment or {}, answers_lost=answers_lost
        )
        self._subject = Subject(definition, settings=settings or {})
        self._transcript = Transcript(self._stage.now)
        self._unexpected: list[Json] = []
        self._last: Json | None = None
        """The message that was expected last."""
        self._delivered: Json | None = None
        self._rejected: str | None = None
        self._inside = 0
        self.sent: list[Json] = []
        """Every message so far, the saga's own included."""

    # -- what happens

    def starts(self, *, by: str | None = None, **fields: Any) -> None:
        """The start event, sent by the owner."""
        __tracebackhide__ = True
        starts = self.definition.starts
        event_type = starts.event_type if starts is not None else "EXECUTION_REQUESTED"
        self._deliver(self._stage.event_of(event_type, by or self.owner, fields), f"{event_type} by {by or self.owner}")

    def replies(
        self,
        outcome: Answer,
        *,
        to: str | Json | None = None,
        data: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> None:
        """A participant answers what was expected last, or `to`: a message, its type, or its key (`reserve_credit#1`).

        A *done* without `data` brings a sample of whatever the definition keeps; `data={}` brings nothing.
        """
        __tracebackhide__ = True
        message_id = self._address(to)
        told = data if data is not None else self._sample(message_id, outcome)
        reply = self._stage.reply_of(message_id, outcome, reason, told)
        self._deliver(reply, f"{outcome} for {message_id.rpartition(':')[2]}")

    def reports(self, event_type: str, *, by: str | None = "bob", **fields: Any) -> None:
        """Somebody says something about a step."""
        __tracebackhide__ = True
        self._deliver(self._stage.event_of(event_type, by, fields), f"{event_type} by {by}")

    def cancels(self, *, by: str | None = None, **fields: Any) -> None:
        """The cancel event, sent by the owner."""
        __tracebackhide__ = True
        event_type, sender = self.definition.cancels or "EXECUTION_CANCELLED", by or self.owner
        own = {"cancelled_by": sender} if self.definition.starts is None else {}
        self._deliver(self._stage.event_of(event_type, sender, {**own, **fields}), f"{event_type} by {sender}")

    def again(self) -> None:
        """The last event is delivered once more, byte for byte."""
        __tracebackhide__ = True
        assert self._delivered is not None, "nothing was delivered yet"
        self._deliver(self._delivered, f"{self._delivered['event_type']} again")

    def after(self, seconds: float) -> None:
        """Time passes; what becomes due is looked at as soon as it is."""
        __tracebackhide__ = True
        self._all_was_expected(f"{seconds} s pass")
        self._transcript.heard(self._stage.now, f"{seconds} s pass")
        self._stage.pass_time(seconds)
        self._look()

    def goes_wrong(self, call: int, fault: Fault) -> None:
        """At that AWS call, counted from 1, of what is delivered next and of the relay after it.

        Whoever delivers does so again until it is taken, each time to a process that knows nothing of the one before.
        """
        self._stage.goes_wrong(call - 1, fault)

    def unseen(self, seconds: float) -> None:
        """Time passes, and nobody looks at what becomes due."""
        self._stage.deployment.advance(seconds)

    def looks(self) -> None:
        """The timeout checker comes by, now."""
        __tracebackhide__ = True
        self._all_was_expected("the checker comes by")
        self._transcript.heard(self._stage.now, "the checker comes by")
        self._stage.tick()
        self._look()

    def meanwhile(self, call: int, come: Callable[[], object]) -> None:
        """Before that AWS call, counted from 1, of what is delivered next, something else comes: `lambda: s.cancels()`.

        What of it is sent is looked at with what is sent by the delivery that it came into.
        """

        def inside() -> None:
            self._inside += 1
            come()
            self._inside -= 1

        self._stage.before_call(call - 1, inside)

    def operator(self, verb: Verb, step: str | None = None) -> None:
        """An operator's verb on what is parked; `step` may be left out where only one is."""
        __tracebackhide__ = True
        self._all_was_expected(f"an operator's {verb}")
        self._transcript.heard(self._stage.now, f"an operator says {verb} {step or ''}".rstrip())
        decision = self._stage.operate(verb, step, self._stage.next_event_id())
        self._rejected = decision.told
        self._look()

    # -- what must be

    def expects(self, message_type: str, **fields: Any) -> Json:
        """A message of this type with these fields has been sent since; returns all of it."""
        __tracebackhide__ = True
        for body in self._unexpected:
            if body["message_type"] == message_type and all(body.get(name) == each for name, each in fields.items()):
                self._unexpected.remove(body)
                self._last = body
                return body
        wanted = " ".join([message_type, *(f"{name}={each!r}" for name, each in fields.items())])
        raise self._failed(f"expected {wanted}, and it was not sent")

    def expects_nothing(self) -> None:
        """Nothing was sent but what was expected."""
        __tracebackhide__ = True
        self._all_was_expected("the end of this part")

    def says(self, message_type: str) -> None:
        """The saga has told this about itself, once."""
        __tracebackhide__ = True
        if [body["message_type"] for body in self.sent].count(message_type) != 1:
            raise self._failed(f"expected {message_type} to be told once")

    def is_rejected(self, reason: str) -> None:
        """The last event changed nothing, for this reason."""
        __tracebackhide__ = True
        rejected, self._rejected = self._rejected, None
        if rejected != reason:
            raise self._failed(f"expected the last event to be rejected as {reason}, and it was {rejected or 'taken'}")

    def is_parked(self, *steps: str) -> None:
        """Exactly these steps wait for an operator."""
        __tracebackhide__ = True
        saga = self.saga
        parked = {entry.step for entry in saga.ledger.parked} if saga is not None else set()
        if parked != {*steps}:
            raise self._failed(f"expected {sorted(steps)} to be parked, and it is {sorted(parked)}")

    def goes_on(self, state: str = "running") -> None:
        """It has not ended."""
        __tracebackhide__ = True
        self._all_was_expected(f"it is {state}")
        if self.state != state:
            raise self._failed(f"expected it to be {state}, and it is {self.state}")

    def ends(self, outcome: str, reason: str | None = None) -> None:
        """It has ended so, told it once, and every message was expected."""
        __tracebackhide__ = True
        self._all_was_expected(f"the end, {outcome}")
        told = [
            body for body in self.sent if body["message_type"] in OWN and "COMPENSATING" not in body["message_type"]
        ]
        if self.state != outcome or told[-1]["message_type"] != f"SAGA_{outcome.upper()}":
            raise self._failed(f"expected it to end {outcome}, and it is {self.state}")
        if reason is not None and told[-1]["reason"] != reason:
            raise self._failed(f"expected it to end {outcome} because of {reason}, and it was {told[-1]['reason']}")

    # -- what can be looked at

    @property
    def saga(self) -> Saga | None:
        return self._stage.saga

    @property
    def state(self) -> str:
        saga = self.saga
        return str(saga.state) if saga is not None else "unknown"

    @property
    def standing(self) -> str:
        """State, ledger and what moved it, in one line without times."""
        return standing_of(self.saga)

    @property
    def story(self) -> str:
        """All that happened so far."""
        return str(self._transcript)

    # -- how

    def _deliver(self, detail: Json, what: str) -> None:
        __tracebackhide__ = True
        self._all_was_expected(what)
        self._transcript.heard(self._stage.now, what)
        self._delivered = detail
        self._rejected = self._stage.deliver(detail)
        if self._rejected is not None:
            self._transcript.note(self._stage.now, f"   rejected: {self._rejected}")
        self._look()

    def _look(self) -> None:
        self._stage.come_due()
        if self._inside:
            return
        for body in self._stage.published():
            self.sent.append(body)
            self._transcript.sent(self._stage.now, body)
            if body["message_type"] not in OWN:
                self._unexpected.append(body)

    def _all_was_expected(self, what: str) -> None:
        __tracebackhide__ = True
        if self._unexpected:
            raise self._failed(f"{what}: before that, these were sent and nobody expected them")
        if self._rejected is not None:
            raise self._failed(
                f"{what}: before that, an event was rejected as {self._rejected}, and nobody expected it"
            )

    def _failed(self, what: str) -> AssertionError:
        return AssertionError(
            f"{what}\n\nSent, and not expected yet:\n{listed(self._unexpected)}\n\nWhat happened:\n{self._transcript}"
        )

    def _address(self, to: str | Json | None) -> str:
        __tracebackhide__ = True
        if isinstance(to, dict):
            return str(to["message_id"])
        if to is None:
            assert self._last is not None, "nothing was expected yet, so nothing can be answered"
            return str(self._last["message_id"])
        if "#" in to:
            return f"{self.definition.name}:{self._stage.key}:{to}"
        found = [str(body["message_id"]) for body in self.sent if body["message_type"] == to]
        if not found:
            raise self._failed(f"{to} was never sent, so nobody can answer it")
        return found[-1]

    def _sample(self, message_id: str, outcome: Answer) -> Mapping[str, Any] | None:
        asking = self._subject.asking.get(message_id.rpartition(":")[2].partition("#")[0])
        if asking is None or asking.is_undo or outcome is not Answer.DONE or not asking.step.keeps:
            return None
        return self._subject.data_of(asking.step)
