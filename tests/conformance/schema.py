"""The language of the conformance table. An unknown field is an error, and so is an option that says nothing."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

EventName = Literal["requested", "started", "completed", "failed", "timeout", "cancelled"]
OrderEventName = Literal["placed", "approved", "declined", "cancelled"]
VERBS = (
    "event",
    "order",
    "answer",
    "again",
    "kafka",
    "invoke",
    "pass_seconds",
    "check",
    "wake",
    "relay",
    "republish",
    "edit",
    "counter",
    "remove",
    "settings",
    "fault",
    "heal",
    "race",
    "reconcile",
)
OPTIONS_OF: dict[str, frozenset[str]] = {
    "event": frozenset({"with_", "without", "id", "execution", "user", "source", "to", "via", "times"}),
    "order": frozenset({"with_", "without", "id", "user", "source", "via", "times", "cloudevent"}),
    "answer": frozenset({"outcome", "with_", "without", "id", "source", "via", "times", "cloudevent"}),
    "again": frozenset({"times", "via"}),
    "kafka": frozenset({"to", "remaining_ms", "times"}),
    "invoke": frozenset({"to"}),
    "check": frozenset({"remaining_ms", "times"}),
    "wake": frozenset({"times"}),
    "relay": frozenset({"times", "change"}),
}


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mangle(Entry):
    """What happens to an event's JSON on its way into a record."""

    cut: int = 0
    encoding: str = "utf-8"
    prefix_hex: str = ""
    member: str = ""
    replace: tuple[str, str] | None = None


class Record(Entry):
    """One record of a Kafka batch: an event, raw text or bytes, a value that is no base64, or a tombstone."""

    event: EventName | None = None
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    id: str | None = None
    execution: str = "ex-1"
    user: str | None = None
    again: str | None = None
    mangle: Mangle | None = None
    text: Any = None
    hex: str | None = None
    value: Any = None
    tombstone: bool = False
    partition: int = 0
    headers: dict[str, str] = Field(default_factory=dict)
    written_as: str | None = None


class Fault(Entry):
    """What AWS answers instead of doing, or after having done, what it was asked."""

    operation: str
    code: str = ""
    status: int = 400
    times: int = 1_000_000
    matching: str = ""
    applied: bool = False
    no_answer: bool = False
    reasons: list[str] = Field(default_factory=list)
    entries: dict[str, str] = Field(default_factory=dict)


class Edit(Entry):
    """Somebody's hand in the stored item, in DynamoDB's own notation."""

    execution: str = "ex-1"
    put: dict[str, dict[str, Any]] = Field(default_factory=dict)
    drop: list[str] = Field(default_factory=list)


class Counter(Entry):
    language: str = "python"
    shard: int = 0
    n: Any = 0


class Race(Entry):
    """Other steps that land just before the next call of `operation`, from another process."""

    operation: str
    steps: list["Step"]
    times: int = 1
    matching: str = ""
    """Found in the call's arguments."""


class RecordChange(Entry):
    """A fault in the stream's own records."""

    record: int
    outbox: str | None = None
    drop: list[str] = Field(default_factory=list)
    name: Literal["INSERT", "MODIFY", "REMOVE"] | None = None


class Step(Entry):
    """One thing that happens. Exactly one verb, and only the options that it reads."""

    event: EventName | None = None
    order: OrderEventName | None = None
    """An event of the order saga, whose key is `ex-1`."""
    answer: str | None = None
    """A participant's reply to this message of it, such as `reserve_credit#1`."""
    again: str | None = None
    kafka: list[Record] | None = None
    invoke: Any = None
    pass_seconds: float | None = None
    check: Literal[True] | None = None
    wake: list[str] | None = None
    """A batch of the queue of wakes: keys of orders, or what is a message's body as it stands, with a blank in it."""
    relay: Literal["new", "all"] | None = None
    republish: list[str] | None = None
    edit: Edit | None = None
    counter: Counter | None = None
    remove: str | None = None
    settings: dict[str, str] | None = None
    fault: Fault | None = None
    heal: Literal[True] | None = None
    race: Race | None = None
    reconcile: Literal["report", "repair"] | None = None

    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    without: list[str] = Field(default_factory=list)
    id: str | None = None
    execution: str = "ex-1"
    user: str | None = None
    source: str = "executions"
    to: EventName | None = None
    via: Literal["eventbridge", "kafka"] = "eventbridge"
    outcome: Any = "done"
    cloudevent: bool = False
    """In the envelope of CloudEvents' JSON format."""
    times: int = 1
    remaining_ms: int = 30_000
    change: RecordChange | None = None

    @property
    def verb(self) -> str:
        return next(verb for verb in VERBS if verb in self.model_fields_set)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        verbs = [verb for verb in VERBS if verb in self.model_fields_set]
        if len(verbs) != 1:
            msg = f"a step has exactly one verb, not {verbs}"
            raise ValueError(msg)
        unread = self.model_fields_set - {verbs[0]} - OPTIONS_OF.get(verbs[0], frozenset())
        if unread:
            msg = f"{verbs[0]} does not read {sorted(unread)}"
            raise ValueError(msg)
        return self


class SagaExpected(Entry):
    """Attributes of one saga; those not named are not compared. Times are seconds after the requirement's start."""

    state: str | None = None
    standings: dict[str, str] | None = None
    """Of each step that was reached."""
    outcome: str | None = None
    data: dict[str, Any] | None = None
    reason: str | None = None
    version: int | None = None
    owner: str | None = None
    language: str | None = None
    completed: list[str] | None = None
    undone: list[str] | None = None
    outbox: list[str] | None = None
    timeline: list[str] | None = None
    early: list[str] | None = None
    claim: str | None = None
    deadline: float | None = None
    create_before: float | None = None
    expires: int | None = None
    exit_code: int | None = None
    error_type: str | None = None
    ended_by: str | None = None
    inline: bool | None = None
    timeout_seconds: int | None = None
    command: list[str] | None = None
    priority: str | None = None


class Expected(Entry):
    """What must be seen. `rejected` and `raises` are compared even when they are not named: nothing, and no."""

    saga: SagaExpected | None = None
    sagas: dict[str, SagaExpected | None] | None = None
    messages: list[str | dict[str, Any]] | None = None
    kafka_messages: list[str] | None = None
    kafka_keys: list[str] | None = None
    rejected: list[str | dict[str, Any]] = Field(default_factory=list)
    raises: str | None = None
    returns: Any = None
    calls: list[str] | None = None
    other_calls: list[str] | None = None
    calls_at_most: int | None = None
    slots: int | None = None
    counters: list[int] | None = None
    metrics: dict[str, int] | None = None
    logs: dict[str, int] | None = None
    objects: dict[str, int] | None = None
    index: list[str] | None = None
    same_bytes: bool | None = None
    item_bytes_at_most: int | None = None
    nothing_written: bool | None = None


class Requirement(Entry):
    """One promise, how it is provoked and what must be seen. One without a test says why."""

    id: str = Field(pattern=r"^[A-Z]+-\d{2,3}$")
    promise: str = Field(min_length=20, max_length=220)
    status: Literal["verified", "not-covered"]
    reason: str | None = None
    settings: dict[str, str] = Field(default_factory=dict)
    given: list[Step] = Field(default_factory=list)
    when: list[Step] = Field(default_factory=list)
    then: Expected = Expected()

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.status == "not-covered":
            if not self.reason or self.when or self.given:
                msg = "a requirement that is not covered has a reason, and no steps"
                raise ValueError(msg)
        elif self.reason or not self.when or not self.then.model_fields_set:
            msg = "a verified requirement has steps and expectations, and no reason to be missing"
            raise ValueError(msg)
        return self


class Theme(Entry):
    """One file of the table."""

    theme: str
    about: str
    requirements: list[Requirement]
