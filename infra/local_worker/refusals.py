"""Why a script is not run at all. Each ends its execution as failed; none carries anything of the script."""

from enum import StrEnum


class ErrorType(StrEnum):
    """The `error_type` of EXECUTION_FAILED, as far as the worker can tell."""

    SCRIPT_ERROR = "ScriptError"
    """The script ended with an exit code other than 0."""
    KILLED = "Killed"
    """A signal that neither the time limit nor a delete sent."""
    RUNTIME_UNAVAILABLE = "RuntimeUnavailable"
    """This worker has no such runtime, or it could not be started."""
    SCRIPT_UNAVAILABLE = "ScriptUnavailable"
    """The reference leads to nothing that could be read."""
    SCRIPT_MISMATCH = "ScriptMismatch"
    """The bytes found are not the ones announced."""
    INVALID_LIMITS = "InvalidLimits"
    """A quantity that cannot be read cannot be enforced."""
    WORKER_ERROR = "WorkerError"
    """A fault of this worker; the message names its kind only."""


class CannotRunError(Exception):
    """The execution ends as failed without a process; 126 and 127 are what a shell reports in these cases."""

    error_type = ErrorType.WORKER_ERROR
    exit_code = 126


class RuntimeUnavailableError(CannotRunError):
    """The image's command has no counterpart here, as with an image that has no such program."""

    error_type = ErrorType.RUNTIME_UNAVAILABLE
    exit_code = 127


class ScriptUnavailableError(CannotRunError):
    """The reference could not be read."""

    error_type = ErrorType.SCRIPT_UNAVAILABLE


class ScriptMismatchError(CannotRunError):
    """Other bytes than the requester sent: running them would be running somebody else's code."""

    error_type = ErrorType.SCRIPT_MISMATCH


class MalformedQuantityError(CannotRunError):
    """A limit that cannot be read."""

    error_type = ErrorType.INVALID_LIMITS
