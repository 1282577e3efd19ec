"""The template's alarms, sources, values and grants as wholes: one property more, less or other is a complaint."""

import pytest

from tests.release.template.checks import alarms, dashboard, grants, mappings, values
from tests.release.template.deployment import ROOT, TEMPLATE


def test_every_alarm_is_as_declared_in_every_property() -> None:
    assert list(alarms.complaints(TEMPLATE)) == []


def test_every_alarm_leads_to_its_row_of_the_runbook() -> None:
    guide = (ROOT / "docs/operations.md").read_text(encoding="utf-8")

    for alarm in alarms.ALARMS:
        assert f'<a id="{alarms.runbook_anchor(alarm)}"></a>`' in guide, alarm


def test_batches_windows_ages_and_retries_of_every_source_are_as_declared() -> None:
    assert list(mappings.complaints(TEMPLATE)) == []


def test_every_variable_and_every_output_holds_its_own_parameters_value() -> None:
    assert list(values.complaints(TEMPLATE)) == []


def test_every_picture_of_the_dashboard_shows_what_is_declared() -> None:
    assert list(dashboard.complaints(TEMPLATE)) == []


def test_every_parameter_of_behaviour_has_a_value_of_its_own_there() -> None:
    given = [
        value
        for name, value in values.GIVEN.items()
        if name not in {"PublishCommands", "ConfirmDeletes", "Tracing", "OwnerIndex"}
    ]

    assert len(set(given)) == len(given)


@pytest.mark.proof  # half a minute
def test_grants_are_whole_sets_for_every_combination_of_parameters() -> None:
    assert list(grants.complaints(TEMPLATE, grants.COMBINATIONS)) == []
