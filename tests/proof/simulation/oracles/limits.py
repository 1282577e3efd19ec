"""Oracles of limits that people override: what they put there is in force after a check, and until it expires."""

from saga_orchestrator.domain.operating.other_targets import LimitDeed
from saga_orchestrator.domain.policy import Without
from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.acts import Acts
from tests.proof.simulation.world.lambda_service import API, CHECKER
from tests.proof.simulation.world.ledger import Ledger, Write
from tests.proof.simulation.world.overrides import OVERRIDE, VERSION, CounterWrite, Instead


@oracle("S23", When.LIMITED, "an override is put there by its act alone, and touches nothing that is in force")
def override_alone(_ledger: Ledger, write: CounterWrite) -> str | None:
    if not write.of_override:
        return UNCONCERNED
    where = f"{write.language} by {write.invocation.function}"
    if write.invocation.function != API:
        return f"{where}: {write.old.get(OVERRIDE)} became {write.new.get(OVERRIDE)}"
    if write.touched:
        return f"{where} touched {sorted(write.touched)}: {write.old} became {write.new}"
    before, after = (int(image.get(VERSION, {"N": "0"})["N"]) for image in (write.old, write.new))
    return None if after == before + 1 else f"{where}: version {before} became {after}"


@oracle(
    "S23b", When.LIMITED, "the limit that comes into force is the newest override's that stands, else the setting's"
)
def limit_of_the_newest(ledger: Ledger, write: CounterWrite) -> str | None:
    if "limit" not in write.old or write.old["limit"] == write.new.get("limit"):
        return UNCONCERNED
    if write.invocation.function != CHECKER:
        return f"{write.language}: {write.invocation.function} has brought a limit"
    container = write.invocation.container
    setting = container.settings.policy().limit_of(write.language)
    if setting is Without.UNLIMITED:
        return f"{write.language} is unlimited, and its counter was given a limit"
    number = 0 if setting is Without.CLOSED else int(setting)
    right = {number}
    if setting is not Without.CLOSED and OVERRIDE not in container.version.unknown_attributes:
        since = write.invocation.started
        right = ledger.overrides.right_limits(write.language, number, since, write.now, container.offset_ms)
    found = int(write.new["limit"]["N"])
    return None if found in right else f"{write.language} is limited to {found}, and should be to {sorted(right)}"


@oracle(
    "S23c", When.WRITE, "new work is within a settled limit that was overridden, and closed is said of what is closed"
)
def new_work_within(ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or new.is_stub or (old is not None and not old.is_stub) or "req" not in new.image:
        return UNCONCERNED
    language = new.image["req"]["M"]["lang"]["S"]
    if new.claim is not None and ledger.overrides.any and language in ledger.settled:
        held, limit = ledger.held(language), ledger.limits[language]
        return f"{new.key} is one of {held} that hold {language}, of {limit}" if held > limit else None
    if new.text("reason") != "language_closed":
        return UNCONCERNED
    by_setting = write.invocation.container.settings.policy().limit_of(language) is Without.CLOSED
    closed = by_setting or ledger.overrides.was_closed(language, write.invocation.started)
    return None if closed else f"{new.key} was told that {language} is closed, and it was not"


@oracle("A9", When.OVERRIDDEN, "an act on a limit is recorded exactly where it changed what stands there, and says how")
def act_and_override(ledger: Ledger, acts: Acts, target: str) -> str | None:
    made = ledger.overrides.made.get(target.partition(":")[2], [])
    recorded = sorted(
        (int(each["after"]["N"]), each["verb"]["S"], each["actor"]["S"], each.get("reason", {"S": ""})["S"])
        for each in acts.of(target).values()
    )
    if not made and not recorded:
        return UNCONCERNED
    if [version for version, _ in made] != [version for version, *_ in recorded]:
        return f"{target} was changed to {made}, and its acts are {recorded}"
    for (version, instead), (_, verb, actor, reason) in zip(made, recorded, strict=True):
        if not _as_the_act_says(instead, verb, actor, reason):
            return f"{target} is {instead} in version {version}, and the act says {verb} by {actor} for {reason}"
    return None


def _as_the_act_says(instead: Instead | None, verb: str, actor: str, reason: str) -> bool:
    if instead is None or verb == LimitDeed.OPEN:
        return instead is None and verb == LimitDeed.OPEN
    if (verb == LimitDeed.CLOSE) != (instead.limit == 0):
        return False
    return (instead.by, instead.reason) == (actor, reason)
