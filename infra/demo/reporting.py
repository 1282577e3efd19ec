"""The demo's result as plain facts: what `--json` prints and what the summary shows."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from demo.cases import BURST_LANGUAGE, BURST_LIMIT
from demo.orders import OrderResult, order_results
from demo.playing import Account, Outcome
from demo.verification import (
    CaseResult,
    Evidence,
    case_results,
    expected_rejections,
    slots_held,
    violations,
)

Facts = dict[str, Any]
_ORDER_EVENTS = ("ORDER_PLACED", "ORDER_APPROVED", "ORDER_DECLINED", "ORDER_CANCELLED")


def report(outcome: Outcome, seed: int) -> Facts:
    """Everything, with `ok` false as soon as one expectation or promise is broken."""
    evidence, account = outcome.evidence, outcome.account
    results, broken = case_results(evidence), violations(evidence)
    orders = order_results(evidence.orders, evidence.sagas, evidence.observer)
    return {
        "ok": not broken
        and all(result.as_expected == result.executions for result in results)
        and all(result.as_expected == result.orders for result in orders),
        "seed": seed,
        "executions": _executions(evidence, results),
        "cases": [_case(result) for result in results],
        "orders": _orders(orders, evidence),
        "violations": broken,
        "pods": _pods(evidence),
        "duplicates": _duplicates(evidence, account),
        "rejected": _rejected(evidence),
        "functions": _functions(account),
        "slots_held": slots_held(evidence),
        "burst": {
            "language": BURST_LANGUAGE,
            "limit": BURST_LIMIT,
            "most_at_once": evidence.most_held.get(BURST_LANGUAGE, 0),
        },
        "seconds": _seconds(outcome),
    }


def _executions(evidence: Evidence, results: list[CaseResult]) -> Facts:
    outcomes = Counter(str(saga.state) for saga in evidence.execution_sagas())
    return {
        "total": len(evidence.executions),
        "as_expected": sum(result.as_expected for result in results),
        "by_outcome": dict(sorted(outcomes.items())),
        "by_transport": dict(sorted(Counter(str(each.transport) for each in evidence.executions).items())),
    }


def _orders(results: list[OrderResult], evidence: Evidence) -> Facts:
    ledger = evidence.orders.participant
    return {
        "total": sum(result.orders for result in results),
        "as_expected": sum(result.as_expected for result in results),
        "cases": [
            {
                "case": result.case.slug,
                "title": result.case.title,
                "expected": f"{result.case.end.state}: {result.case.end.reason}",
                "orders": result.orders,
                "as_expected": result.as_expected,
                "differences": result.differences,
            }
            for result in results
        ],
        "participant": asdict(ledger) if ledger else None,
    }


def _case(result: CaseResult) -> Facts:
    return {
        "case": result.case.slug,
        "title": result.case.title,
        "expected": [f"{each.state}: {each.reason}" for each in result.case.expected],
        "executions": result.executions,
        "as_expected": result.as_expected,
        "differences": result.differences,
    }


def _pods(evidence: Evidence) -> Facts | None:
    worker = evidence.worker
    if worker is None:
        return None
    return {
        "created": worker.created,
        "finished": worker.finished,
        "deleted": worker.deleted,
        "left_over": worker.abandoned,
        "leaked": worker.leaked,
        "refused": worker.refused,
    }


def _duplicates(evidence: Evidence, account: Account) -> Facts:
    """Sent on purpose, and what was seen of them behind the orchestrator."""
    ids = [execution.id for execution in evidence.executions]
    return {
        "sent_again_by_requesters": account.copies,
        "reported_again_by_worker": account.tally.repeated_reports,
        "commands_refused_as_duplicates": evidence.worker.duplicates if evidence.worker else None,
        "second_pods": sum(max(0, evidence.observer.count(each, "CREATE_POD_COMMAND") - 1) for each in ids),
        "second_outcomes": sum(max(0, len(evidence.observer.outcomes(each)) - 1) for each in ids),
    }


def _rejected(evidence: Evidence) -> list[Facts]:
    expected = expected_rejections(evidence)
    return [
        {"reason": reason, "expected": expected[reason], "actual": evidence.rejected[reason]}
        for reason in sorted(expected | evidence.rejected)
    ]


def _functions(account: Account) -> list[Facts]:
    """One for each function. An event type's count is what requesters and worker sent; the others handle no event."""
    facts = []
    for name, folder in sorted(account.folders.items(), key=lambda item: item[1]):
        calls = {operation: n for (caller, operation), n in account.aws_calls.items() if caller == name}
        types = _ORDER_EVENTS if folder == "saga_event" else (folder.upper(),)
        events = sum(account.sent[each] + account.tally.reports[each] for each in types)
        facts.append(
            {
                "function": folder,
                "events": events or None,
                "invocations": account.invocations[name],
                "errors": account.errors[name],
                "aws_calls": dict(sorted(calls.items(), key=lambda item: (-item[1], item[0]))),
                "aws_calls_total": sum(calls.values()),
                "seconds": round(account.tally.seconds.get(name, 0.0), 3),
            }
        )
    return facts


def _seconds(outcome: Outcome) -> Facts:
    rounded = {name: round(seconds, 2) for name, seconds in outcome.phases.items()}
    return {**rounded, "total": round(sum(outcome.phases.values()), 2)}
