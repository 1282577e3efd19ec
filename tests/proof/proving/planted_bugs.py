"""Bugs that an engine of this kind could have, each planted into the real one.

`found_by` is the oracle that is expected to see it first.
"""

from dataclasses import replace
from typing import Final

from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore
from saga_orchestrator.adapters.targets import event_bus
from saga_orchestrator.application.apply_event import SagaWriter
from saga_orchestrator.application.relay import Relay
from saga_orchestrator.domain.executions.endings import Ending
from saga_orchestrator.domain.flow import (
    answers,
    asking,
    closing,
    compensation,
    deciding,
    dues,
    forward,
    opening,
    verbs,
)
from saga_orchestrator.domain.flow.ledger import Entry
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState
from tests.proof.proving.planting import PlantedBug, everywhere
from tests.proof.proving.wrong_functions import (
    every_write_counts_as_done,
    forgets_one_answer,
    gives_up_a_lost_race,
    sends_and_says_nothing,
    takes_every_entry_for_sent,
    writes_over,
)
from tests.proof.proving.wrong_turns import (
    RENDER,
    another_operation_each_attempt,
    asks_for_the_needless,
    believes_the_wake,
    by_the_way_all_before_is_done,
    cancel_always_counts,
    claim_given_back_twice,
    claim_kept_on_success,
    early_one_applied_twice,
    early_ones_are_forgotten,
    ends_at_once,
    last_error_wins,
    needless_is_not_noted,
    never_past,
    nobody_looks_at_the_ledger,
    nobody_looks_at_the_whole,
    numbers_of_now,
    outcome_before_its_news,
    pivot_parks_never,
    says_it_again,
    sees_all_that_is_known_now,
)
from tests.proof.proving.wrong_ways_back import (
    asks_a_parked_one_once_more_only,
    contradictions_are_dropped,
    done_does_not_clear_a_park,
    first_step_first,
    gives_up_early,
    jumps_the_barrier,
    last_data_wins,
    late_done_stays,
    latest_attempt_alone,
    never_gives_up,
    older_failures_count,
    owes_even_the_skipped,
    owes_only_the_done,
    owes_only_the_unanswered,
    parks_and_goes_on,
    parks_for_good,
    refused_undo_is_dropped,
    reply_makes_a_stub,
    takes_what_it_gets,
    undo_done_leaves_its_park,
    undo_shares_attempts,
)

OF_THE_CORE: Final = (
    PlantedBug("undo flag off", everywhere("owes_undo", owes_only_the_unanswered), "no_end_while_an_undo_is_owed"),
    PlantedBug(
        "unanswered attempts owe nothing",
        everywhere("owes_undo", owes_only_the_done),
        "no_end_while_an_undo_is_owed|nothing_is_held",
    ),
    PlantedBug(
        "what was never asked for is undone", everywhere("owes_undo", owes_even_the_skipped), "an_undo_has_something"
    ),
    PlantedBug("a park opens the barrier", ((dues, "park", parks_and_goes_on),), "undos_wait_behind_their_barrier"),
    PlantedBug("barrier missing", everywhere("proceed", jumps_the_barrier), "undos_wait_behind_their_barrier"),
    PlantedBug("undos first step first", everywhere("proceed", first_step_first), "undos_(are|go)_", saga="order"),
    PlantedBug(
        "attempts mixed up",
        ((Entry, "answered", lambda entry, _attempt: replace(entry, unanswered=0)),),
        "no_end_while_an_undo_is_owed",
        troubles=3,
    ),
    PlantedBug(
        "unanswered attempts forgotten",
        ((asking, "_attempted", latest_attempt_alone),),
        "no_end_while_an_undo|done_settles",
    ),
    PlantedBug("exhausted too early", everywhere("has_attempts_left", gives_up_early), "no_step_is_given_up_early"),
    PlantedBug("one attempt too many", everywhere("has_attempts_left", never_gives_up), "a_series_has_no_more"),
    PlantedBug(
        "undo attempts share forward attempts",
        ((dues, "_undo_fell_silent", undo_shares_attempts),),
        "no_step_is_given_up_early",
    ),
    PlantedBug(
        "failed of an older attempt counted",
        ((answers, "_of_the_open", older_failures_count),),
        "failed_of_an_older_attempt",
        troubles=2,
    ),
    PlantedBug("back-off skipped", everywhere("pause_ms", lambda *_: 0), "no_attempt_comes_too_soon"),
    PlantedBug("parked not asked again", everywhere("park", parks_for_good), "what_is_parked_is_asked_again|it_rests"),
    PlantedBug(
        "parked asked again once only",
        ((dues, "_entry_is_due", asks_a_parked_one_once_more_only),),
        "what_is_parked_is_asked_again",
        troubles=3,
    ),
    PlantedBug(
        "late done does not clear a park",
        ((answers, "_of_the_open", done_does_not_clear_a_park),),
        "done_settles_what_is_open",
        troubles=3,
    ),
    PlantedBug(
        "late done does not clear a parked undo",
        ((answers, "_back", undo_done_leaves_its_park),),
        "done_settles_what_is_open",
        troubles=3,
    ),
    PlantedBug(
        "refused undo counts as done", ((answers, "_back", refused_undo_is_dropped),), "a_refused_undo_is_parked|no_end"
    ),
    PlantedBug(
        "done forgotten after given up",
        ((answers, "_forward", late_done_stays),),
        "what_is_done_again_is_undone_again|nothing_is_held",
        saga="pair",
        bars=False,
        troubles=3,
    ),
    PlantedBug("reply makes a stub", ((deciding, "_answered", reply_makes_a_stub),), "a_stray_answer"),
    PlantedBug("unusable data taken", ((answers, "_usable", takes_what_it_gets),), "only_what_was_said|raises"),
    PlantedBug(
        "pivot ignored on cancel", ((deciding, "is_past_pivot", never_past),), "nothing_is_undone_past_the_pivot"
    ),
    PlantedBug(
        "pivot ignored on deadline",
        ((dues, "is_past_pivot", never_past), (closing, "is_past_pivot", never_past)),
        "nothing_is_undone_past_the_pivot|nothing_is_begun",
    ),
    PlantedBug(
        "pivot exhausted compensates",
        ((forward, "exhaust", pivot_parks_never), (dues, "fall_silent", forward.fall_silent)),
        "nothing_is_undone_past_the_pivot",
    ),
    PlantedBug(
        "a second operator's undo of what happened",
        (
            (
                verbs,
                "_undo",
                lambda draft, step, _entry, at: compensation.begin(
                    draft, Ending(SagaState.FAILED, "undone_by_operator", failed_step=step.key), at
                ),
            ),
        ),
        "nothing_is_undone_past_the_pivot",
    ),
    PlantedBug(
        "outcome changed by a cancel during compensation",
        ((deciding, "_cancel", cancel_always_counts),),
        "an_outcome_never_changes|each_message|what_was_applied",
    ),
    PlantedBug("first error overwritten", everywhere("fail_undo", last_error_wins), "an_outcome_never_changes"),
    PlantedBug(
        "the end does not wait for undos",
        everywhere("finish", ends_at_once),
        "an_outcome|there_is_one_ending|no_end",
        saga="order",
    ),
    PlantedBug(
        "compensation told twice", everywhere("begin", says_it_again), "each_message_is_sent_once|a_way_back|the_ending"
    ),
    PlantedBug(
        "outcome told before its news", everywhere("finish", outcome_before_its_news), "the_ending_is_told_last"
    ),
    PlantedBug(
        "claim given back twice",
        everywhere("claim_released", claim_given_back_twice),
        "slots_go_back_once",
        saga="seat",
    ),
    PlantedBug("claim kept on success", everywhere("finish", claim_kept_on_success), "slots_go_back_once"),
    PlantedBug(
        "implies by default", ((deciding, "_report", by_the_way_all_before_is_done),), "a_step_is_done|only_what"
    ),
    PlantedBug(
        "remembered event applied twice",
        ((forward, "_take_remembered", early_one_applied_twice),),
        "a_step_is_done_when",
        saga="long trip",
    ),
    PlantedBug(
        "remembered event forgotten",
        ((forward, "_take_remembered", early_ones_are_forgotten),),
        "what_came_early_counts",
        saga="long trip",
    ),
    PlantedBug(
        "anybody may report", ((opening, "_is", lambda *_, **__: True),), "only_who_may_is_heard", saga="long trip"
    ),
    PlantedBug("anybody may cancel", ((deciding, "may_cancel", lambda *_: True),), "only_who_may_is_heard"),
    PlantedBug(
        "wake believed", ((deciding, "pass_time", believes_the_wake),), "a_hint_has_no_authority|what_was_applied"
    ),
    PlantedBug(
        "settings of now instead of then",
        everywhere("number", numbers_of_now),
        "no_attempt_is_forgotten|an_attempt_is_due_as",
    ),
    PlantedBug("view of now instead of then", ((RENDER, "seen_by", sees_all_that_is_known_now),), "bytes_of_a_message"),
    PlantedBug(
        "another operation for each attempt",
        ((RENDER, "address", another_operation_each_attempt),),
        "attempts_name_their_operation",
    ),
    PlantedBug(
        "dues of steps forgotten", ((closing, "_deadline", nobody_looks_at_the_ledger),), "no_attempt_is_forgotten"
    ),
    PlantedBug(
        "the whole saga's deadline forgotten",
        ((closing, "_deadline", nobody_looks_at_the_whole),),
        "its_own_deadline_is_kept",
        saga="long trip",
    ),
    PlantedBug(
        "condition judged twice",
        ((forward, "_reach", needless_is_not_noted),),
        "steps_are_reached_in_order",
        saga="errand",
    ),
    PlantedBug(
        "needless step asked for later",
        ((deciding, "pass_time", asks_for_the_needless),),
        "a_condition_is_judged_once",
        saga="errand",
    ),
    PlantedBug("data overwritten by a late done", ((answers, "_forward", last_data_wins),), "only_what_was_said"),
    PlantedBug(
        "contradicting done ignored",
        ((answers, "_forward", contradictions_are_dropped),),
        "whoever_says_done_after_all",
        saga="order",
    ),
    PlantedBug(
        "a write whose answer was lost is done again",
        ((Saga, "has_seen", lambda *_: False), (Entry, "awaits_answer_of", lambda *_: True)),
        "what_was_applied_is_not_applied_again|an_echo",
    ),
)

OF_THE_FUNCTIONS: Final = (
    PlantedBug(
        "the relay takes a failed call for a sent one",
        ((Relay, "send", sends_and_says_nothing),),
        "published nothing",
        saga="pair",
        search="faults",
    ),
    PlantedBug(
        "an entry that the bus refused counts as sent",
        ((event_bus, "_fate", takes_every_entry_for_sent),),
        "the bus refuses one entry",
        saga="pair",
        search="faults",
    ),
    PlantedBug(
        "a write that failed counts as done",
        ((DynamoDbSagaStore, "replace", every_write_counts_as_done),),
        "no answer, and not applied",
        saga="pair",
        search="faults",
    ),
    PlantedBug(
        "a write without its condition",
        ((DynamoDbSagaStore, "replace", writes_over),),
        "no order of them leaves",
        saga="pair",
        search="schedules",
    ),
    PlantedBug(
        "a lost race is given up",
        ((SagaWriter, "_settle", gives_up_a_lost_race),),
        "no order of them leaves",
        saga="pair",
        search="schedules",
    ),
    PlantedBug(
        "one participant's answers are lost",
        ((SagaWriter, "answer", forgets_one_answer),),
        "the ledger|stored|published nothing",
        saga="pair",
        search="worlds",
    ),
)

PLANTED: Final = (*OF_THE_CORE, *OF_THE_FUNCTIONS)
