"""Oracles of worlds in which two releases run: what one of them writes is safe with the other."""

import json
from typing import Any

from tests.proof.simulation.faults.code_versions import THIS
from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.ledger import Ledger, Write
from tests.proof.simulation.world.worker import Worker


@oracle("S22b", When.EITHER, "attributes that the writer's release does not know are still there after its write")
def unknown_attributes_survive(_ledger: Ledger, write: Write) -> str | None:
    if write.old is None or write.new is None:
        return UNCONCERNED
    for name in write.invocation.container.version.unknown_attributes:
        if name in write.old.image and write.new.image.get(name) != write.old.image[name]:
            return f"{write.new.key} lost {name}, which its writer does not know"
    return None


@oracle("S22c", When.END, "the newest release renders every message ever emitted, whichever release emitted it")
def newest_renders_all(ledger: Ledger, _worker: Worker) -> str | None:
    versions = ledger.versions
    if versions.newest is THIS:
        return UNCONCERNED  # S21 asks that
    for saga in ledger.sagas.values():
        for key in saga.keys:
            message = f"{saga.text('saga_name')}:{saga.key}:{key}"
            published = ledger.bodies.get(message)
            rendered = versions.comparable(versions.newest.render(saga.image, key))
            if published is not None and _without_script(published) != _without_script(rendered):
                return f"{message} of an older release renders differently now"
    return None


def _without_script(body: str) -> dict[str, Any]:
    return {name: value for name, value in json.loads(body).items() if name != "script"}
