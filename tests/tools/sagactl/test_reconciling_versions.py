"""`sagactl reconcile` looks at each saga by the version of its definition that it began with."""

from dataclasses import replace

import pytest

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.repair import Problem
from saga_orchestrator.domain.states import SagaState
from saga_testing.samples.parked_orders import reserved_order
from sagactl.commands import reconcile
from sagas.order import ORDER
from tests.tools.sagactl.two_releases import LONGER, Desk, known

WITHOUT_CREDIT = replace(ORDER, version=2, steps=ORDER.steps[1:])


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk(monkeypatch)
    desk.put(reserved_order())
    return desk


def problems(desk: Desk, *definitions: SagaDefinition) -> list[tuple[str, Problem, str]]:
    found = reconcile.plan(desk.stack, desk.now, known(*definitions))
    return [(finding.item, finding.problem, finding.found) for finding in found]


def test_a_step_that_the_newest_version_has_not_is_no_fault_of_an_older_saga(desk: Desk) -> None:
    assert problems(desk, WITHOUT_CREDIT, ORDER) == []


def test_a_version_that_is_gone_or_was_edited_is_told_for_a_saga_that_runs(desk: Desk) -> None:
    edited = replace(ORDER, steps=(replace(ORDER.steps[0], within=7), *ORDER.steps[1:]))
    desk.put(replace(reserved_order(), state=SagaState.COMPLETED), "o-over")

    for code in ((WITHOUT_CREDIT,), (LONGER,), (edited,)):
        ((item, problem, _),) = problems(desk, *code)
        assert (item, problem) == ("o-1", Problem.UNKNOWN_VERSION)


def test_a_saga_of_a_newer_version_is_newer_codes(desk: Desk) -> None:
    desk.put(replace(reserved_order(), definition_version=3))

    assert [problem for _, problem, _ in problems(desk, LONGER, ORDER)] == [Problem.NEWER_CODE]
