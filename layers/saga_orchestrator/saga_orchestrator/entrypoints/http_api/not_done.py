"""An act that was not done: what somebody is told, one sentence for each answer, whatever it was about."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from saga_orchestrator.application.judging import Answered
from saga_orchestrator.domain.errors import RejectReason

from .problems import Problem, bad_request, forbidden, store_refuses, unknown


def not_done(  # noqa: PLR0911 - one for each answer
    answered: Answered,
    code: str | None,
    about: str,
    tag: Mapping[str, str],
    sentence: Callable[[str], str],
    changed: str | None = None,
) -> Problem:
    """
    Args:
        about: `saga`, `event`, `limit` or `operation`.
        tag: the ETag of what it is now, for whoever may see it; else empty.
        sentence: what a code of a refusal means, for people.
        changed: how it is not as it was, where more can be said than that.
    """
    match answered:
        case Answered.FORBIDDEN:
            return forbidden()
        case Answered.MALFORMED:
            return bad_request("malformed", f"This is not taken: {code}.")
        case Answered.VERSION_NEEDED:
            return Problem(
                HTTPStatus.PRECONDITION_REQUIRED,
                "if_match_needed",
                f"This cannot be taken back: send If-Match with the ETag of the {about} that you decided on.",
            )
        case Answered.KEY_REUSED:
            return Problem(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "key_reused",
                f"You have used this Idempotency-Key on this {about} for something else: take a new one.",
            )
        case Answered.CHANGED:
            return Problem(
                HTTPStatus.PRECONDITION_FAILED,
                "changed",
                changed or f"The {about} is not as it was when you decided: look at it again.",
                headers=tag,
                **tag,
            )
        case Answered.REFUSED:
            if code == RejectReason.REFUSED_BY_AWS:
                return store_refuses()
            refused = str(code or "refused")
            return Problem(HTTPStatus.CONFLICT, refused, sentence(refused), headers=tag, **tag)
        case _:
            return unknown()
