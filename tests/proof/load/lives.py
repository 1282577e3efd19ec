"""Thousands of executions through handlers, relay and worker at once, with duplicates, disorder and cancels."""

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import event
from tests.proof.load.account import Account
from tests.proof.load.figures import Figures, Measured
from tests.proof.load.pods import Pods

THREADS: Final = 4
DUPLICATED, CANCELLED = 0.2, 0.1
FINAL_EVENTS: Final = {"SAGA_COMPLETED", "SAGA_FAILED", "SAGA_TIMEOUT", "SAGA_CANCELLED"}
FINAL_STATES: Final = {"completed", "failed", "timeout", "cancelled"}


class Lives:
    """The executions of one account, from their requests until nothing is left to say."""

    def __init__(self, account: Account, seed: int = 1) -> None:
        self.account = account
        self.containers = [account.process(seed * 100 + number) for number in range(THREADS)]
        self.relay = account.process(seed * 100 + THREADS)
        self.dice = random.Random(seed)
        self.pods = Pods(self.dice)
        self.messages: dict[str, str] = {}
        """Message id to its bytes."""
        self.deliveries = 0

    def live(self, executions: int, prefix: str = "ex") -> None:
        events = [event("EXECUTION_REQUESTED", f"{prefix}-{number}") for number in range(executions)]
        events += [
            event("EXECUTION_CANCELLED", each["execution_id"], cancelled_by="alice")
            for each in events
            if self.dice.random() < CANCELLED
        ]
        while events:
            self._deliver(events)
            self.account.relay_all(self.relay)
            events = [answer for message in self._published() for answer in self.pods.obey(message)]

    def _deliver(self, events: list[dict[str, Any]]) -> None:
        """In any order, some twice, by several containers at once."""
        all_of_them = events + [each for each in events if self.dice.random() < DUPLICATED]
        self.dice.shuffle(all_of_them)
        self.deliveries += len(all_of_them)

        def work(number: int) -> None:
            for each in all_of_them[number::THREADS]:
                self.account.deliver_to(self.containers[number], each)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(work, range(THREADS)))

    def _published(self) -> list[dict[str, Any]]:
        found = self.account.take_published()
        for body in found:
            text = json.dumps(body)
            assert self.messages.setdefault(body["message_id"], text) == text, "one message, two contents"
        return found

    def check(self, executions: int) -> None:
        """All that must hold when everything is over."""
        sagas = self.account.stored_sagas()
        assert len(sagas) == executions
        assert {item["state"]["S"] for item in sagas} <= FINAL_STATES
        assert not [item for item in sagas if "claim" in item]
        assert self.account.slots() == 0, "a slot is held by no saga"
        assert not [item for item in sagas if "deadline_shard" in item], "an ended saga is still in the deadline index"
        assert self.account.rejected() == []

        bodies = [json.loads(text) for text in self.messages.values()]
        said = Counter((body["execution_id"], body["message_type"]) for body in bodies)
        for item in sagas:
            execution_id, state = item["execution_id"]["S"], item["state"]["S"]
            ends = [kind for kind in FINAL_EVENTS if said[execution_id, kind]]
            assert ends == [f"SAGA_{state.upper()}"], f"{execution_id} is {state} and said {ends}"
            assert said[execution_id, ends[0]] == 1
            assert said[execution_id, "CREATE_POD_COMMAND"] <= 1
            if said[execution_id, "CREATE_POD_COMMAND"] and state != "completed":
                assert said[execution_id, "DELETE_POD_COMMAND"] >= 1, f"{execution_id} may have left an orphan pod"

    def forget(self) -> None:
        """Time passes: ended sagas, their scripts and what workers remember of them expire."""
        # Reading the index also lets the emulator settle it.
        assert self.account.check_from(self.relay, Context())["due"] == 0
        self.account.forget((item["execution_id"]["S"], item["saga_name"]["S"]) for item in self.account.stored_sagas())
        self.account.relay_all(self.relay)
        self.messages.clear()
        self.pods.forget()


def many_lives(executions: int) -> Figures:
    account = Account(DEFAULT_LANGUAGE_LIMIT="1000000")
    lives = Lives(account)
    with Measured("sagas, duplicates and cancels", "deliveries", account) as measured:
        lives.live(executions)
    lives.check(executions)
    return measured.of(lives.deliveries)
