"""Are a definition's functions pure? Each is called in processes that differ in one thing: time, hash seed, or none.

`python -m saga_testing.proving.authored.purity module:ATTRIBUTE --at SECONDS` prints each function's answers as JSON.
"""

import argparse
import datetime as dt
import hashlib
import importlib
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from typing import Any, Final

DAY: Final = 86_400
NOON: Final = 1_795_500_000
SECONDS: Final = 120
VARIANTS: Final = {
    "as it is": ("0", NOON),
    "once more": ("0", NOON),
    "the order of a set": ("1", NOON),
    "the clock": ("0", NOON + 400 * DAY),
}
"""By what would be to blame: the hash seed, and the time."""


def impure_functions(spec: str) -> list[str]:
    """Each function that answers otherwise where nothing of its view differs, and what it must have looked at.

    Raises:
        RuntimeError: the definition cannot be called at all.
    """
    running = {name: _child(spec, *variant) for name, variant in VARIANTS.items()}
    answers = {name: _answers_of(process) for name, process in running.items()}
    first = answers.pop("as it is")
    blamed: dict[str, str] = {}
    for name, others in answers.items():
        for function in sorted(first.keys() | others.keys()):
            if first.get(function) != others.get(function):
                blamed.setdefault(function, "chance, or state of its own" if name == "once more" else name)
    return [f"{function} depends on {what}" for function, what in sorted(blamed.items())]


def _child(spec: str, hash_seed: str, at: int) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        # A constant set keeps in the bytecode the order that it had for whoever wrote it: one child's is not another's.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "saga_testing.proving.authored.purity", spec, "--at", str(at)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _answers_of(process: "subprocess.Popen[str]") -> dict[str, str]:
    printed, said = process.communicate(timeout=SECONDS)
    if process.returncode != 0:
        raise RuntimeError((said.strip().splitlines() or ["no reason given"])[-1])
    answers: dict[str, str] = json.loads(printed)
    return answers


# -- in the process of its own


def stop_the_clock(at: int) -> None:
    """Every way in which a module that is imported later asks for the time gives `at`."""

    class Stopped(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Stopped":
            return cls.fromtimestamp(at, tz)

        @classmethod
        def utcnow(cls) -> "Stopped":
            return cls.fromtimestamp(at, dt.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls) -> "Stopped":
            return cls.fromtimestamp(at)

    class StoppedDate(dt.date):
        @classmethod
        def today(cls) -> "StoppedDate":
            return cls.fromtimestamp(at)

    dt.datetime, dt.date = Stopped, StoppedDate  # type: ignore[misc]  # for modules imported from now on
    for name, value in (("time", at), ("monotonic", at), ("time_ns", at * 10**9), ("monotonic_ns", at * 10**9)):
        setattr(time, name, lambda value=value: value)


def answers_of(definition: Any) -> dict[str, str]:
    """By function, a digest of all that it answers in the runs with one trouble."""
    from saga_testing.proving.authored.inputs import inputs_of, sample_view  # noqa: PLC0415 - after the clock was stopped
    from saga_testing.proving.searching import Search  # noqa: PLC0415
    from saga_testing.proving.subject import Subject, other_settings  # noqa: PLC0415

    told: dict[str, list[str]] = defaultdict(list)
    settings = other_settings(definition)
    for content in inputs_of(definition, settings):
        subject = Subject(definition, content, settings)
        Search(subject, 1, oracles=(lambda subject, played: _listen(subject, played, told),)).run()
        if definition.starts is not None:
            _ask(definition, sample_view(definition, settings, content), told)
    return {name: hashlib.sha256("\n".join(answers).encode()).hexdigest() for name, answers in told.items()}


def _ask(definition: Any, seen: Any, told: dict[str, list[str]]) -> None:
    for step in definition.steps:
        for name in ("when", "check", "claims"):
            if (function := getattr(step, name)) is not None:
                told[f"{name} of {step.key}"].append(_text(lambda function=function: repr(function(seen))))


def _listen(subject: Any, played: Any, told: dict[str, list[str]]) -> None:
    """An oracle that finds nothing wrong and writes down every body."""
    from saga_orchestrator.domain.render import encoded, render  # noqa: PLC0415 - after the clock was stopped

    for key in played.sent:
        kind = key.partition("#")[0]
        if kind in subject.definition.messages:
            body = _text(lambda key=key: encoded(render(played.after.saga, key, subject.definition)))
            told[f"body of {subject.definition.messages[kind].type}"].append(body)


def _text(call: Any) -> str:
    try:
        return str(call())
    except Exception as raised:  # noqa: BLE001 - to raise is an answer, too
        return type(raised).__name__


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("spec")
    parser.add_argument("--at", type=int, required=True)
    options = parser.parse_args()
    import saga_testing.proving  # noqa: F401, PLC0415 - the engine keeps the clock it was imported with

    stop_the_clock(options.at)
    module, _, attribute = options.spec.partition(":")
    sys.stdout.write(json.dumps(answers_of(getattr(importlib.import_module(module), attribute))))


if __name__ == "__main__":
    main()
