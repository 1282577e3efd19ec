"""Each folder of `functions` does what its name says: its handler is called, and what it passes on is looked at."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints import checker_function, event_function, relay_function, saga_functions
from saga_orchestrator.entrypoints.console_files import function as console_function
from saga_orchestrator.entrypoints.http_api import function as http_function
from saga_orchestrator.entrypoints.wakes import wake_function
from sagas import SAGAS

FUNCTIONS = Path(__file__).parents[2] / "functions"


def loaded(folder: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"handler_of_{folder}", FUNCTIONS / folder / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def passed_on(monkeypatch: pytest.MonkeyPatch, folder: str) -> list[tuple[str, tuple[Any, ...]]]:
    """Entry point and arguments of each call that the folder's handler makes for one invocation."""
    calls: list[tuple[str, tuple[Any, ...]]] = []
    for entry in (event_function, checker_function, relay_function, wake_function):
        name = entry.__name__.rpartition(".")[2]
        monkeypatch.setattr(entry, "handle", lambda *arguments, _name=name: calls.append((_name, arguments)))
    monkeypatch.setattr(http_function, "handle", lambda *arguments: calls.append(("http_function", arguments)))
    for name in ("handle_events", "handle_replies"):
        monkeypatch.setattr(saga_functions, name, lambda *arguments, _name=name: calls.append((_name, arguments)))
    loaded(folder).lambda_handler("the event", "the context")
    return calls


@pytest.mark.parametrize("event_type", EventType)
def test_an_event_function_takes_its_folders_type_and_no_other(
    monkeypatch: pytest.MonkeyPatch, event_type: EventType
) -> None:
    calls = passed_on(monkeypatch, event_type.lower())

    assert calls == [("event_function", ("the event", "the context", event_type, SAGAS))]


@pytest.mark.parametrize(
    ("folder", "entry"),
    [
        ("timeout_checker", "checker_function"),
        ("saga_wake", "wake_function"),
        ("command_relay", "relay_function"),
        ("api", "http_function"),
        ("saga_event", "handle_events"),
        ("command_reply", "handle_replies"),
    ],
)
def test_checker_and_relay_and_the_functions_of_waiting_sagas_are_bound_to_their_entry_points(
    monkeypatch: pytest.MonkeyPatch, folder: str, entry: str
) -> None:
    assert passed_on(monkeypatch, folder) == [(entry, ("the event", "the context", SAGAS))]


def test_the_console_is_bound_to_the_files_beside_it_and_to_no_saga(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(console_function, "handle", lambda *arguments: calls.append(arguments))
    loaded("console").lambda_handler("the event", "the context")

    assert calls == [("the event", FUNCTIONS / "console" / "site")]
