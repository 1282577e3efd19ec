"""Commands typed in this process, and what they answer as JSON."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from sagactl.app import app


class Typist:
    def types(self, *words: str) -> Result:
        return CliRunner().invoke(app, [*words])

    def gets(self, *words: str) -> Any:
        outcome = self.types(*words, "--output", "json")
        assert outcome.exit_code == 0, outcome.output
        return json.loads(outcome.stdout)
