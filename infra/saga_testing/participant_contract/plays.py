"""The rules of `docs/participant-contract.md`, one play for each clause."""

from saga_testing.clauses import ClauseBroken, NotPlayed
from saga_testing.participant_contract.stage import ParticipantStage, told, well_formed


def same_message_one_effect(stage: ParticipantStage) -> str:
    stage.need(stage.given.effects, "--effects")
    message = stage.attempt("once")
    stage.done(message)
    stage.ask(message)
    stage.effects(message, 1, "after one message was delivered twice")
    return "delivered twice, one effect"


def attempts_one_effect(stage: ParticipantStage) -> str:
    stage.need(stage.given.effects, "--effects")
    first, second = stage.attempt("tries"), stage.attempt("tries", 2)
    stage.done(first)
    stage.ask(second)
    stage.effects(first, 1, "after two attempts")
    return "two attempts, one effect"


def every_message_answered(stage: ParticipantStage) -> str:
    reply = stage.done(stage.attempt("answer"))
    well_formed(reply)
    return "answered done, as the orchestrator reads it"


def same_answer_again(stage: ParticipantStage) -> str:
    message = stage.attempt("repeat")
    first, second = stage.done(message), stage.ask(message)
    if told(first) != told(second):
        raise ClauseBroken(f"first {told(first)}, then {told(second)}")
    return f"both times {told(first)}"


def later_attempt_done(stage: ParticipantStage) -> str:
    first, second = stage.done(stage.attempt("later")), stage.done(stage.attempt("later", 2))
    if told(first) != told(second):
        raise ClauseBroken(f"attempt 1 was told {told(first)}, attempt 2 {told(second)}")
    return f"both attempts {told(first)}"


def later_attempt_refused(stage: ParticipantStage) -> str:
    stage.refusing()
    stage.refused(stage.attempt("no", refused=True))
    stage.refused(stage.attempt("no", 2, refused=True))
    return "both attempts refused"


def nothing_after_expiry(stage: ParticipantStage) -> str:
    message = stage.send(stage.attempt("expired", late=True))
    # Its own operation, so that the participant has surely taken what came before it.
    stage.ask(stage.attempt("expired-later"))
    stage.pause()
    answers = [str(reply.get("outcome")) for reply in stage.answers(message)]
    if {*answers} - {"failed"}:
        raise ClauseBroken(f"an attempt that had expired was answered {', '.join(answers)}")
    if stage.given.effects is not None:
        stage.effects(message, 0, "of an attempt that had expired")
    return "answered failed" if answers else "not answered"


def undo_takes_back(stage: ParticipantStage) -> str:
    undo = stage.undo("back", made=2)
    stage.done(stage.attempt("back"))
    stage.ask(stage.attempt("back", 2))
    stage.done(undo)
    if stage.given.effects is not None:
        stage.effects(undo, 0, "after the undo")
        return "done, and nothing of it is left"
    return "done"


def undo_again(stage: ParticipantStage) -> str:
    undo = stage.undo("back-again", made=1)
    stage.done(stage.attempt("back-again"))
    stage.done(undo)
    stage.done(undo)
    stage.done(stage.undo("back-again", made=1, number=2))
    return "done each time"


def undo_of_the_unknown(stage: ParticipantStage) -> str:
    stage.done(stage.undo("unknown", made=1))
    return "done"


def barred_after_undo(stage: ParticipantStage) -> str:
    """Rule 3 has an answer for it already, and saying that again begins nothing."""
    undo = stage.undo("barred", made=1)
    first = stage.done(stage.attempt("barred"))
    stage.done(undo)
    late = stage.ask(stage.attempt("barred", 2))
    if late.get("outcome") != "refused" and told(late) != told(first):
        raise ClauseBroken(f"told {told(first)} before its undo, and {told(late)} after it")
    return f"told {told(late)}"


def barred_before_command(stage: ParticipantStage) -> str:
    stage.ask(stage.undo("overtaken", made=1))
    stage.refused(stage.attempt("overtaken"))
    return "refused"


def remembers_answers(stage: ParticipantStage) -> str:
    restart = stage.need(stage.given.restart, "--restart")
    message = stage.attempt("kept")
    first = stage.done(message)
    restart()
    second = stage.ask(message)
    if told(first) != told(second):
        raise ClauseBroken(f"{told(first)} before the restart, {told(second)} after it")
    return "the same answer after a restart"


def remembers_undos(stage: ParticipantStage) -> str:
    restart = stage.need(stage.given.restart, "--restart")
    stage.ask(stage.undo("barred-long", made=1))
    if stage.ask(stage.attempt("barred-long")).get("outcome") != "refused":
        raise NotPlayed("mend 7.2 first: it was not barred before the restart")
    restart()
    stage.refused(stage.attempt("barred-long", 2))
    return "refused after a restart"
