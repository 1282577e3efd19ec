"""`SAGA_SETTINGS`: a deployment's numbers for its sagas; one that nothing reads is refused."""

from typing import Any

import pytest

from saga_orchestrator.adapters.settings import InvalidSettings, Settings
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER

NEEDED = {"SAGA_TABLE": "t", "PAYLOAD_BUCKET": "b", "REJECTED_QUEUE_URL": "q", "OPERATOR_TABLE": "o"}
SAGAS = (EXECUTION_SAGA, ORDER)


def read(text: str) -> Settings:
    settings = Settings.from_environment(NEEDED | {"SAGA_SETTINGS": text})
    settings.check_sagas(SAGAS)
    return settings


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", {}),
        ("{}", {}),
        ('{"order_saga": {"order_reply_seconds": 1, "approval_above": 0}}',
         {"order_saga": {"order_reply_seconds": 1, "approval_above": 0}}),
        ('{"order_saga": {"order_attempts": 15}}', {"order_saga": {"order_attempts": 15}}),
    ],
)  # fmt: skip
def test_numbers_by_saga_and_setting(text: str, numbers: dict[str, Any]) -> None:
    assert read(text).policy().saga_settings == numbers


@pytest.mark.parametrize(
    "text",
    [
        "[]", "3", "no json", '{"order_saga": 3}', '{"order_saga": {"order_attempts": "3"}}', "[" * 100_000,
        '{"order_saga": {"order_attempts": 3.0}}', '{"order_saga": {"order_attempts": true}}',
        '{"order_saga": {"order_attempts": 1, "order_attempts": 2}}', '{"order_saga": {"order_attempts": 1e400}}',
    ],
)  # fmt: skip
def test_what_is_no_object_of_whole_numbers_is_refused_with_the_right_spelling(text: str) -> None:
    with pytest.raises(InvalidSettings, match=r"SAGA_SETTINGS: .*must be a JSON object of whole numbers by saga"):
        read(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '{"oder_saga": {}}',
            "SAGA_SETTINGS: 'oder_saga' is none of this deployment's sagas, which are execution_saga, order_saga",
        ),
        (
            '{"order_saga": {"attempts": 3}}',
            f"SAGA_SETTINGS: order_saga has no setting 'attempts', but {', '.join(ORDER.settings)}",
        ),
        (
            '{"execution_saga": {"attempts": 3}}',
            "SAGA_SETTINGS: execution_saga has no setting 'attempts', but none",
        ),
        (
            '{"order_saga": {"order_attempts": 16}}',
            "SAGA_SETTINGS: order_attempts of order_saga must be a whole number from 1 to 15",
        ),
        (
            '{"order_saga": {"order_reply_seconds": 0}}',
            "SAGA_SETTINGS: order_reply_seconds of order_saga must be a whole number from 1 to 315360000",
        ),
        (
            '{"order_saga": {"approval_above": -1}}',
            "SAGA_SETTINGS: approval_above of order_saga must be a whole number from 0 to 315360000",
        ),
    ],
)
def test_what_no_saga_reads_or_could_go_by_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        read(text)

    assert str(refused.value) == sentence
