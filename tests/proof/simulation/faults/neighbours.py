"""Two releases beside the code under test, one before and one after it, made of what a release may change.

Left out, because two releases cannot agree on it while both run: a new state or cause (the older one sets such an item
aside), a new step that the older one has not even retired (it could not take it back), another hash of the same
request, and one more word in a line of the timeline.
`tests/release/compatibility/README.md` says how such a change is made.
"""

import functools
import random
from typing import Final

from tests.proof.simulation.faults.code_versions import MODULES, THIS, CodeVersion, Versions
from tests.proof.simulation.faults.second_copy import Edits, second_copy
from tests.proof.simulation.faults.weather import Fault

MIXED_SHARE: Final = 0.28
"""Of the worlds with faults: more than a fifth of all."""


def _without(text: str) -> tuple[str, str]:
    return text, ""


def _before(text: str, more: str) -> tuple[str, str]:
    return text, more + text


_CHECK_FIRST: Final = """\
        Step("validate_execution", check=refusal),
        Step("allocate_resources", claims=lambda request: request.language, undo=Undo(releases=True)),
"""
_CLAIM_FIRST: Final = """\
        Step(
            "allocate_resources", check=refusal, claims=lambda request: request.language, undo=Undo(releases=True)
        ),
"""
_EMITS: Final = """\
            emits=("create_pod",),
            undo=Undo(emits=("delete_pod",), confirmable=True, retry=DELETES),
"""
_EMITS_MORE: Final = """\
            emits=("create_pod", "usage"),
            undo=Undo(emits=("delete_pod", "usage")),
"""
_NEW_KIND: Final = '        "usage": MessageSpec("USAGE_RECORDED", lambda *_: {"seconds": 1}, is_command=False),\n'


OLDER: Final[Edits] = {
    # Attributes that it does not write, and must keep where the code under test has written them.
    "adapters.saga_codec": [
        _without('    "etype": "error_type",\n'),
        _without('    "ended": "ended_at",\n'),
        _without('    ("inline", "inline_script", lambda inline: {"BOOL": True} if inline else None),\n'),
        # Nor the mark by which people find a saga: one that it parks is on no list, and one that goes on stays on it.
        _without('    ("mark", "mark", _string),\n'),
        _without('    ("mark_at", "mark_at", _number),\n'),
    ],
    # A message kind, and a field of every message, that it does not have.
    "domain.decide": [('("saga_started", *emitted)', "tuple(emitted)")],
    "domain.flow.opening": [_without('.emit("saga_started")')],
    "domain.render": [
        _without('    "saga_started": MessageSpec("SAGA_STARTED", _started_body, is_command=False),\n'),
        _without('        "causation_id": entry.event_id,\n'),
    ],
    # A step fewer, which it knows from sagas of others.
    "sagas.execution": [
        (_CHECK_FIRST, _CLAIM_FIRST),
        _before('    undo_again_on_late_start=("delete_pod",),\n', '    retired=(Step("validate_execution"),),\n'),
    ],
    # Other numbers.
    "domain.saga": [("MAX_EARLY_CANCELS: Final = 8", "MAX_EARLY_CANCELS: Final = 4")],
    "application.apply_event": [("MAX_ATTEMPTS = 6", "MAX_ATTEMPTS = 4")],
    "application.check_timeouts": [("PAGE = 100", "PAGE = 2")],
    # Nothing that stands in the place of a limit, which it must keep all the same.
    "application.keep_limits": [("head.limit_for(int(limit), self.clock())", "int(limit)")],
}

NEWER: Final[Edits] = {
    # Attributes that the code under test does not know: of the item, of its request and of a remembered event.
    "adapters.saga_codec": [
        _before(
            '    ("state", "state", lambda state: {"S": str(state)}),\n',
            '    ("trace", "state", lambda state: {"S": f"at-{state}"}),\n',
        ),
    ],
    "adapters.saga_parts": [
        _before('    fields["tmo"] = ', '    fields["gpu"] = {"S": "0"}\n'),
        _before("    if early.actor is not None:\n", '    fields["via"] = {"S": "bus"}\n'),
    ],
    # A field more in every message, and a new kind of message, in starting and in undoing.
    "domain.render": [_before('        "timestamp": rfc3339(entry.at),\n', '        "hint": 1,\n')],
    "sagas.execution": [
        ("    version=1,\n", "    version=2,\n"),
        (_EMITS, _EMITS_MORE),
        _before('        "delete_pod": MessageSpec(', _NEW_KIND),
    ],
    # A field more that it takes in requests.
    "entrypoints.schemas": [_before('    priority: Literal["critical"', "    gpu_limit: str | None = None\n")],
    # Other numbers.
    "domain.decide": [("MAX_LATE_UNDOS: Final = 3", "MAX_LATE_UNDOS: Final = 5")],
}


@functools.cache
def older() -> CodeVersion:
    return CodeVersion("N-1", second_copy(OLDER, list(MODULES)), frozenset({"etype", "ended", "trace", "override"}))


@functools.cache
def newer() -> CodeVersion:
    return CodeVersion("N+1", second_copy(NEWER, list(MODULES)), frozenset())


def draw_versions(dice: random.Random, *, calm: bool, silenced: frozenset[str]) -> Versions:
    """A neighbour for a quarter of the worlds that are not calm; a copy is made when the first world needs it."""
    if calm or Fault.OTHER_VERSION in silenced or dice.random() >= MIXED_SHARE:
        return Versions()
    if dice.random() < 0.5:
        differing = frozenset({"causation_id", "error_type"})
        return Versions(newest=THIS, other=older(), differing_fields=differing, dice=dice)
    return Versions(
        newest=newer(),
        other=THIS,
        differing_fields=frozenset({"hint"}),
        newer_kinds=frozenset({"usage"}),
        newer_events=True,
        dice=dice,
    )
