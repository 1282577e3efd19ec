"""The clauses of `docs/participant-contract.md`, under its rules' numbers, each with its play."""

from typing import Final

from saga_testing.clauses import Clause
from saga_testing.participant_contract import plays
from saga_testing.participant_contract.stage import ParticipantStage

CLAUSES: Final[tuple[Clause[ParticipantStage], ...]] = (
    Clause("1.1", "A message that comes twice has one effect.", plays.same_message_one_effect),
    Clause("1.2", "Two attempts of an operation have one effect.", plays.attempts_one_effect),
    Clause(
        "2.1",
        "A command is answered under its `message_id`, in the form that the orchestrator reads.",
        plays.every_message_answered,
    ),
    Clause("2.2", "A message that comes again is answered again, and alike.", plays.same_answer_again),
    Clause("3.1", "A later attempt of what is done is told the same.", plays.later_attempt_done),
    Clause("3.2", "A later attempt of what was refused is refused.", plays.later_attempt_refused),
    Clause("4.1", "Nothing is begun after `expires_at`.", plays.nothing_after_expiry),
    Clause("5.1", "An undo takes back what was done, and is answered done.", plays.undo_takes_back),
    Clause("5.2", "An undo that comes again, in whichever attempt, is done.", plays.undo_again),
    Clause("6.1", "The undo of an operation that is not known is done.", plays.undo_of_the_unknown),
    Clause(
        "7.1",
        "After the undo a later command is refused, or told what was said before; it begins nothing.",
        plays.barred_after_undo,
    ),
    Clause("7.2", "A command whose undo came first is refused.", plays.barred_before_command),
    Clause("8.1", "Answers are remembered over a restart.", plays.remembers_answers, alone=True),
    Clause("8.2", "Undos are remembered over a restart.", plays.remembers_undos, alone=True),
)
