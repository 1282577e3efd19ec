"""The clauses of `docs/worker-contract.md`, under its numbers, each with its play."""

from typing import Final

from saga_testing.clauses import Clause
from saga_testing.worker_contract import plays_of_order as order
from saga_testing.worker_contract import plays_of_reports as reports
from saga_testing.worker_contract import plays_of_runs as runs
from saga_testing.worker_contract.stage import WorkerStage

CLAUSES: Final[tuple[Clause[WorkerStage], ...]] = (
    Clause("0.1", "Fields that the contract does not name are ignored.", reports.unknown_fields),
    Clause("0.2", "A command that does not match its schema is dropped, and the worker goes on.", reports.malformed),
    Clause("1.1", "The same create again, while its pod runs, makes no second one.", order.same_create_while_it_runs),
    Clause(
        "1.2", "The same create again, after its pod has ended, makes no second one.", order.same_create_after_its_end
    ),
    Clause(
        "1.3",
        "What runs while the worker restarts is reported afterwards, once.",
        order.runs_outlive_a_restart,
        alone=True,
    ),
    Clause("2.1", "Another create for the same execution makes no second pod.", order.another_create),
    Clause(
        "2.2", "Executions whose ids differ in a letter's case have pods of their own.", order.ids_that_differ_little
    ),
    Clause("3.1", "A create that comes after its delete is refused.", order.delete_before_create),
    Clause("3.2", "A create that comes after its pod was deleted is refused.", order.create_after_its_pod_was_deleted),
    Clause("3.3", "A delete is remembered over a restart of the worker.", order.delete_outlives_a_restart, alone=True),
    Clause("4.1", "A create is refused after `expires_at`.", order.expired_create),
    Clause(
        "4.2",
        "A create that expires while it waits for room is refused.",
        order.create_that_expires_while_it_waits,
        alone=True,
    ),
    Clause("5.1", "A script with another SHA-256 is not run.", runs.other_bytes),
    Clause("5.2", "A script with another length is not run.", runs.other_length),
    Clause("5.3", "A script is fetched from its reference.", runs.by_reference),
    Clause("5.4", "A script whose reference holds other bytes is not run.", runs.other_bytes_by_reference),
    Clause("5.5", "A reference that cannot be read is a failure without a start.", runs.reference_to_nothing),
    Clause(
        "6.1",
        "Arguments reach the process as they are, the file name last; no shell sees them.",
        runs.arguments_are_data,
    ),
    Clause(
        "6.2", "The script lies in the working directory under its name.", runs.script_lies_in_the_working_directory
    ),
    Clause("7.1", "The time limit ends the script, counted from its start.", runs.time_limit),
    Clause("7.2", "The time limit ends the script's children too.", runs.time_limit_ends_children),
    Clause("7.3", "The memory limit is enforced.", runs.memory_limit),
    Clause("7.4", "A limit that is no quantity is a failure without a start.", runs.limits_that_are_none),
    Clause("8.1", "A delete ends what runs, and nothing is published any more.", runs.delete_ends_it),
    Clause("8.2", "A delete ends the script's children too.", runs.delete_ends_children),
    Clause("8.3", "A delete of what has ended changes nothing.", runs.delete_of_what_has_ended),
    Clause("8.4", "Deletes of what is not there, and repeated ones, are success.", runs.deletes_of_nothing),
    Clause("8.5", "A delete that carries `operation_id` is answered done each time.", runs.deletes_are_answered),
    Clause("8.6", "A delete without `operation_id` is not answered.", runs.others_are_not_answered),
    Clause("9.1", "Exit code 0 is told as started, then completed, with the output.", reports.completion),
    Clause("9.2", "Another exit code is told as started, then failed, with the output.", reports.failure),
    Clause("9.3", "A signal is told as exit code 128 + signal.", reports.killed),
    Clause(
        "9.4",
        "A program that is not there is a failure with exit code 126 or 127, without a start.",
        reports.no_such_program,
    ),
    Clause("9.5", "An image that is not there is never run.", reports.no_such_image),
    Clause("9.6", "The start is told when the script runs, not when it has ended.", reports.start_is_told),
    Clause("9.7", "Events are such that the orchestrator applies them as they are.", reports.fields_of_events),
    Clause("9.8", "Every event has an `event_id` of its own.", reports.event_ids),
    Clause("9.9", "`resource_usage` says at least how long the script ran.", reports.usage),
    Clause("9.10", "Output too long for an event is cut, and the event says so.", reports.much_output),
    Clause("9.11", "Output that is no text is reported all the same.", reports.odd_output),
    Clause("10.1", "Neither script nor output stands in the worker's log.", reports.nothing_in_the_log),
)
