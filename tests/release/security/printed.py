"""Everything that one container prints: its log lines and its metrics, as CloudWatch would receive them."""

import io
import logging

import pytest

from saga_orchestrator.adapters.telemetry import Telemetry
from saga_orchestrator.bootstrap import Resources


class Printed:
    """The logger keeps the stream that it was made with, so it is given one; metrics go to standard output."""

    def __init__(self, at: Resources, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._logged = io.StringIO()
        self._capsys = capsys
        capsys.readouterr()
        assert isinstance(at.telemetry, Telemetry)
        for handler in at.telemetry.logger._logger.handlers:
            assert isinstance(handler, logging.StreamHandler)
            monkeypatch.setattr(handler, "stream", self._logged)

    def text(self) -> str:
        """What was printed since the last call."""
        captured = self._capsys.readouterr()
        logged = self._logged.getvalue()
        self._logged.seek(0)
        self._logged.truncate()
        return logged + captured.out + captured.err
