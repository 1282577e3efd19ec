"""The worker reads a quantity as the orchestrator does, and as Kubernetes would."""

from decimal import Decimal

import pytest

from local_worker.refusals import MalformedQuantityError
from local_worker.sandboxing import cpu_cores, memory_bytes
from saga_orchestrator.entrypoints.field_rules import amount
from saga_testing.samples.wire_values import NO_QUANTITIES, QUANTITIES

OF_OTHER_RULES = ("0", "0.000", "0m", "00000", "0Ki")
"""Quantities to Kubernetes; that a request asks for more than nothing is a rule of requests."""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500m", "0.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+1", "1"),
        ("1n", "0.000000001"),
        ("1u", "0.000001"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("1e-1", "0.1"),
        ("1k", "1000"),
        ("1M", "1000000"),
        ("1G", "1000000000"),
        ("1T", "1000000000000"),
        ("1P", "1000000000000000"),
        ("1E", "1000000000000000000"),
        ("1Ki", "1024"),
        ("1.5Mi", "1572864"),
        ("1Gi", "1073741824"),
        ("1Ti", "1099511627776"),
        ("1Pi", "1125899906842624"),
        ("1Ei", "1152921504606846976"),
        ("1e999", "9223372036854775807"),
        ("9" * 64, "9223372036854775807"),
    ],
)
def test_a_quantity_is_worth_what_kubernetes_says(text: str, value: str) -> None:
    assert amount(text) == Decimal(value)
    assert cpu_cores(text) == float(value)
    assert memory_bytes(text) == int(Decimal(value))


@pytest.mark.parametrize("text", QUANTITIES)
def test_what_a_request_may_say_the_worker_reads_alike(text: str) -> None:
    assert memory_bytes(text) == int(amount(text))


@pytest.mark.parametrize(
    "text", [each for each in NO_QUANTITIES if isinstance(each, str) and each not in OF_OTHER_RULES]
)
def test_what_kubernetes_does_not_parse_the_worker_refuses(text: str) -> None:
    with pytest.raises(MalformedQuantityError):
        memory_bytes(text)
