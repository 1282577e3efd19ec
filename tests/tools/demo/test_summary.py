"""The result, as JSON and as a person sees it."""

import io
import json
from dataclasses import replace

from rich.console import Console

from demo.playing import Outcome
from demo.reporting import report
from sagactl.local.demo_summary import summary


def _seen(facts: dict[str, object]) -> str:
    screen = io.StringIO()
    console = Console(file=screen, width=200)
    for part in summary(facts):
        console.print(part)
    return screen.getvalue()


def test_the_facts_of_a_perfect_demo(outcome: Outcome) -> None:
    facts = json.loads(json.dumps(report(outcome, seed=7)))
    executions = facts["executions"]
    assert facts["ok"] is True
    assert facts["violations"] == []
    assert executions["as_expected"] == executions["total"] == sum(executions["by_outcome"].values())
    assert sum(executions["by_transport"].values()) == executions["total"]
    assert sum(case["executions"] for case in facts["cases"]) == executions["total"]
    assert facts["pods"]["created"] == facts["pods"]["finished"] + facts["pods"]["deleted"]
    assert facts["duplicates"]["second_pods"] == facts["duplicates"]["second_outcomes"] == 0
    assert facts["seconds"] == {"start": 1.0, "play": 20.5, "total": 21.5}


def test_aws_calls_are_those_of_the_function_that_handles_the_event_type(outcome: Outcome) -> None:
    relay, requested = report(outcome, seed=7)["functions"]
    assert requested == {
        "function": "execution_requested",
        "events": 10,
        "invocations": 8,
        "errors": 0,
        "aws_calls": {"dynamodb:PutItem": 15},
        "aws_calls_total": 15,
        "seconds": 2.5,
    }
    assert (relay["function"], relay["events"], relay["aws_calls_total"]) == ("command_relay", None, 0)


def test_a_perfect_demo_looks_like_one(outcome: Outcome) -> None:
    facts = report(outcome, seed=7)
    seen = _seen(facts)
    total = facts["executions"]["total"]
    orders = facts["orders"]["total"]
    assert f"{total} of {total} executions and {orders} of {orders} orders ended as expected" in seen
    assert "every promise held" in seen
    assert "differs" not in seen
    for told in ("cancel by the owner while it runs", "failed: limit_reached", "script_bucket_not_allowed", "1.50"):
        assert told in seen


def test_one_unexpected_end_is_not_ok_and_is_shown(outcome: Outcome) -> None:
    evidence = replace(outcome.evidence, sagas=outcome.evidence.sagas[:-1])
    facts = report(replace(outcome, evidence=evidence), seed=7)
    seen = _seen(facts)
    assert facts["ok"] is False
    assert facts["violations"] == []
    assert "no saga in the table" in seen
    assert seen.count("differs") == 1
    assert "every promise held" not in seen


def test_one_broken_promise_is_not_ok_and_is_shown(outcome: Outcome) -> None:
    evidence = replace(outcome.evidence, counters={("python", 0): 1})
    facts = report(replace(outcome, evidence=evidence), seed=7)
    assert facts["ok"] is False
    assert facts["slots_held"] == 1
    assert "slots of python-batch held at once" in _seen(facts)
    assert "5, the limit is 5" in _seen(facts)
    assert "counter of python, shard 0: 1 slots taken by nobody" in _seen(facts)
    assert "1 promise broken" in _seen(facts)


def test_a_demo_without_the_workers_account_can_still_be_shown(outcome: Outcome) -> None:
    facts = report(replace(outcome, evidence=replace(outcome.evidence, worker=None)), seed=7)
    assert facts["pods"] is None
    assert "the worker gave no account of its pods" in _seen(facts)
