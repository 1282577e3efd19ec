"""A share of `make fuzz` without atheris: its committed inputs, and changed ones, for every target."""

import binascii
import random
from typing import Final

import pytest

from saga_orchestrator.adapters.stream_image import to_item
from saga_orchestrator.entrypoints.strict_json import decode_base64, parse_object
from tests.proof.fuzz.committed import inputs
from tests.proof.fuzz.mutation import mutation_of
from tests.proof.fuzz.tally import Tally
from tests.proof.fuzz.targets import TARGETS
from tests.proof.simulation.faults.code_edits import Edit, edit

P99_SECONDS: Final = 0.005
CHANGED: Final = {"decoder": 20_000, "codec": 10_000, "envelopes": 2_000}
"""Inputs made of the committed ones, about two seconds each."""


@pytest.mark.parametrize("target", TARGETS)
def test_the_committed_inputs_of_the_fuzzer(target: str) -> None:
    replay(target)


def replay(target: str) -> None:
    for name, content in inputs(target):
        assert TARGETS[target](content), name


@pytest.mark.parametrize("target", TARGETS)
def test_a_share_of_what_the_fuzzer_does(target: str) -> None:
    tally = fuzzed(target, CHANGED[target])

    assert tally.percentile(0.99) < P99_SECONDS * 1000
    assert len(tally.outcomes) >= 5, "inputs of many kinds"


def fuzzed(target: str, runs: int) -> Tally:
    """As `make fuzz`, but nothing says which inputs were worth keeping."""
    tally = Tally(TARGETS[target])
    mutation = mutation_of(target, bytewise)
    content = b""
    for seed in range(runs):
        content = mutation.of(content, 4096, seed)
        tally.run(content)
    return tally


def bytewise(content: bytes, max_size: int) -> bytes:
    """In the place of libFuzzer's: one byte replaced, cut out or put in."""
    dice = random.Random(content)
    place = dice.randint(0, len(content))
    return (content[:place] + dice.choice((b"", dice.randbytes(1))) + content[place + dice.randrange(2) :])[:max_size]


@pytest.mark.parametrize(
    ("target", "bug", "escapes"),
    [
        ("decoder", edit(decode_base64, "(binascii.Error, ValueError)", "binascii.Error"), ValueError),
        ("decoder", edit(parse_object, "except RecursionError:", "except ZeroDivisionError:"), RecursionError),
        ("codec", edit(to_item, "AttributeError, TypeError, ValueError, RecursionError", "KeyError"), binascii.Error),
    ],
)
def test_an_exception_that_is_not_promised_is_found(target: str, bug: Edit, escapes: type[Exception]) -> None:
    before = bug.function.__code__
    bug.function.__code__ = bug.compiled()
    try:
        with pytest.raises(escapes):
            replay(target)
    finally:
        bug.function.__code__ = before
