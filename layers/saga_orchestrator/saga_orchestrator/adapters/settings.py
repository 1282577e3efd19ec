"""The functions' settings: one frozen object, read once and lazily from the environment that template.yaml sets."""

import json
import os
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, NonNegativeInt, PositiveInt, ValidationError

from saga_orchestrator.adapters.counters.counter_items import MAX_SHARDS
from saga_orchestrator.adapters.counters.limit_words import read_limits
from saga_orchestrator.domain.defining.numbers import problem_of_numbers
from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.errors import SagaError
from saga_orchestrator.domain.policy import CLOCK_TOLERANCE_MS, Limit, Policy

ModelT = TypeVar("ModelT", bound=BaseModel)


class InvalidSettings(SagaError):
    """The function cannot run as deployed; the message names each variable that is wrong."""


def read_environment(model: type[ModelT], environment: Mapping[str, str]) -> ModelT:
    """`model`, whose fields are named as the variables in lower case.

    Raises:
        InvalidSettings: naming each variable that is missing or wrong, but not its value.
    """
    try:
        return model.model_validate({name.lower(): value for name, value in environment.items() if name.isupper()})
    except ValidationError as invalid:
        problems = "; ".join(
            f"{str(error['loc'][0]).upper()}: {error['msg']}" for error in invalid.errors(include_input=False)
        )
        msg = f"environment variables are missing or wrong: {problems}"
        raise InvalidSettings(msg) from None


def _listed(value: Any) -> Any:
    return frozenset(filter(None, (part.strip() for part in value.split(",")))) if isinstance(value, str) else value


Names = Annotated[frozenset[str], BeforeValidator(_listed)]
"""A comma-separated list."""


LanguageLimits = Annotated[dict[str, Limit], BeforeValidator(read_limits)]
"""A JSON object from language to limit."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a name that is given twice nobody knows which number was meant."""
    named = dict(pairs)
    if len(named) < len(pairs):
        raise ValueError
    return named


def _saga_numbers(value: Any) -> Any:
    """Raises ValueError, which says what is expected and never what was given."""
    if not isinstance(value, str):
        return value
    try:
        sagas = json.loads(value or "{}", object_pairs_hook=_once)
    except (ValueError, RecursionError):
        sagas = None
    numbers = list(sagas.values()) if isinstance(sagas, dict) else [None]
    if not all(isinstance(each, dict) and all(type(n) is int for n in each.values()) for each in numbers):
        msg = 'must be a JSON object of whole numbers by saga and setting: {"order_saga": {"order_attempts": 3}}'
        raise ValueError(msg)
    return sagas


SagaNumbers = Annotated[dict[str, dict[str, int]], BeforeValidator(_saga_numbers)]
"""A JSON object from a saga's name to an object from a setting of its definition to a whole number."""


class Settings(BaseModel):
    """Field names are the environment variables in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stack_name: str = ""
    saga_table: str = Field(min_length=1)
    deadline_index: str = "deadlines"
    payload_bucket: str = Field(min_length=1)
    rejected_queue_url: str = Field(min_length=1)
    operator_table: str = Field(min_length=1)
    event_bus_name: str = ""
    event_source: str = "executions"
    operator_source: str = "saga-operator"
    admin_users: Names = frozenset()
    start_deadline_seconds: PositiveInt = 300
    run_grace_seconds: PositiveInt = 180
    request_max_age_seconds: PositiveInt = 86_400
    max_timeout_seconds: PositiveInt = 300
    retention_days: PositiveInt = 30
    default_language_limit: NonNegativeInt = 100
    language_limits: LanguageLimits = Field(default_factory=dict)
    allowed_languages: Names = frozenset()
    allowed_images: Names = frozenset()
    allowed_script_buckets: Names = frozenset()
    counter_shards: int = Field(default=8, ge=1, le=MAX_SHARDS)
    deadline_shards: int = Field(default=8, ge=1, le=256)
    publish_commands: bool = True
    confirm_deletes: bool = False
    inline_script_max_bytes: NonNegativeInt = 0
    saga_settings: SagaNumbers = Field(default_factory=dict)
    reply_sources: Names = frozenset()
    kafka_mode: Literal["on-demand", "provisioned"] = "on-demand"
    event_type_alias: str = ""
    """Another event type that stands for this function's own, beside it."""
    topic_layout: Literal["per-type", "shared", "own"] = "per-type"
    batch_concurrency: int = Field(default=16, ge=1, le=128)
    kafka_target_bootstrap: str = ""
    kafka_target_topic: str = "saga_commands"
    kafka_target_security: str = "PLAINTEXT"
    kafka_target_secret_arn: str = ""
    wake_queue_url: str = ""
    """Of the one relay that sends wakes."""
    gauges: bool = False
    """Whether the timeout checker tells them: they cost it some thirty reads a run."""
    tracing: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read and check every variable.

        Raises:
            InvalidSettings: naming each variable that is missing or wrong, but not its value.
        """
        settings = read_environment(cls, environment)
        settings.check_retention()
        return settings

    def check_retention(self) -> None:
        """An ended saga must outlive every request that could still start it again, clock differences included."""
        needed = self.request_max_age_seconds + CLOCK_TOLERANCE_MS // 1000 + 3600
        if self.retention_days * 86_400 <= needed:
            msg = f"RETENTION_DAYS must be longer than REQUEST_MAX_AGE_SECONDS and a margin, together {needed} s"
            raise InvalidSettings(msg)

    def check_sagas(self, sagas: Iterable[SagaDefinition]) -> None:
        """Numbers are given to sagas that this deployment has, and within what their definitions take.

        Raises:
            InvalidSettings: a number that nothing reads would look as if it were in force.
        """
        if (problem := problem_of_numbers(self.saga_settings, sagas)) is not None:
            msg = f"SAGA_SETTINGS: {problem}"
            raise InvalidSettings(msg)

    def policy(self) -> Policy:
        return Policy(
            start_deadline_seconds=self.start_deadline_seconds,
            run_grace_seconds=self.run_grace_seconds,
            request_max_age_seconds=self.request_max_age_seconds,
            max_timeout_seconds=self.max_timeout_seconds,
            retention_seconds=self.retention_days * 86_400,
            default_language_limit=self.default_language_limit,
            language_limits=self.language_limits,
            allowed_languages=self.allowed_languages,
            allowed_images=self.allowed_images,
            admin_users=self.admin_users,
            counter_shards=self.counter_shards,
            deadline_shards=self.deadline_shards,
            publish_commands=self.publish_commands,
            confirm_deletes=self.confirm_deletes,
            inline_script_max_bytes=self.inline_script_max_bytes,
            payload_bucket=self.payload_bucket,
            saga_settings=self.saga_settings,
        )
