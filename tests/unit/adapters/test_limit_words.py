"""How `LanguageLimits` may be spelled, and what a wrong spelling is told."""

import json

import pytest

from saga_orchestrator.adapters.counters.limit_words import EXAMPLE, read_limits
from saga_orchestrator.adapters.settings import InvalidSettings, Settings
from saga_orchestrator.domain.policy import Without

NEEDED = {"SAGA_TABLE": "sagas", "PAYLOAD_BUCKET": "payloads", "REJECTED_QUEUE_URL": "queue", "OPERATOR_TABLE": "acts"}


def test_a_language_has_a_number_no_limit_or_no_work() -> None:
    settings = Settings.from_environment(NEEDED | {"LANGUAGE_LIMITS": EXAMPLE})

    policy = settings.policy()
    limits = [policy.limit_of(language) for language in ("python", "ruby", "go", "lua")]
    assert limits == [200, Without.UNLIMITED, Without.CLOSED, 100]


@pytest.mark.parametrize(
    "given",
    [
        "{python:200}",
        "python=200",
        "[]",
        '[["python", 200]]',
        "",
        '{"python": 0}',
        '{"python": -1}',
        '{"python": 1.5}',
        '{"python": true}',
        '{"python": "200"}',
        '{"python": "open"}',
        '{"python": null}',
        '{"python": 10000000}',
        '{"Python": 200}',
        '{"": 200}',
        '{"python 3": 200}',
        json.dumps({"p" * 65: 200}),
        '{"python": 1, "python": 2}',
    ],
)
def test_anything_else_is_refused_with_the_right_spelling(given: str) -> None:
    with pytest.raises(InvalidSettings, match="LANGUAGE_LIMITS") as refused:
        Settings.from_environment(NEEDED | {"LANGUAGE_LIMITS": given})

    assert EXAMPLE in str(refused.value) or "once" in str(refused.value)
    assert "Python" not in str(refused.value)


def test_values_that_are_read_already_stay_as_they_are() -> None:
    assert read_limits({"python": 3}) == {"python": 3}
