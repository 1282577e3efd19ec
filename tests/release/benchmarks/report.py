"""What was measured, next to what was promised."""

from dataclasses import dataclass, field

import pytest


@dataclass
class Report:
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    _rows_before: int = 0

    def at_most(self, what: str, limit: float, measured: float, note: str = "") -> bool:
        return self._add(what, f"<= {limit:g}", measured, measured <= limit, note)

    def beside(self, what: str, limit: float, measured: float, note: str = "") -> bool:
        """As above, of a figure that swings, beside one that does not and decides: the table says where it is over."""
        held = "yes" if measured <= limit else "no, instructions decide"
        self.rows.append((what, f"<= {limit:g}", _with(measured, note), held))
        return True

    def at_least(self, what: str, limit: float, measured: float, note: str = "") -> bool:
        return self._add(what, f">= {limit:g}", measured, measured >= limit, note)

    def exactly(self, what: str, target: float, measured: float, note: str = "") -> bool:
        return self._add(what, f"= {target:g}", measured, measured == target, note)

    def state(self, what: str, measured: float, note: str = "") -> None:
        """A number without a promise."""
        self.rows.append((what, "stated", _with(measured, note), "-"))

    def after(self, name: str, told: pytest.TestReport, broken: pytest.ExceptionInfo[BaseException] | None) -> None:
        """Of a test that broke, or was skipped, before it had anything to say the table says so: nobody would miss a
        row that is not there."""
        if broken is not None and not told.passed and len(self.rows) == self._rows_before:
            why = broken.exconly(tryshort=True).splitlines()[-1]
            self.rows.append((name, "measured", why, "NO" if told.failed else "-"))

    def before(self) -> None:
        """A test begins."""
        self._rows_before = len(self.rows)

    def table(self) -> str:
        rows = [("what", "target", "measured", "held"), *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = [
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
        ]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(lines)

    def _add(self, what: str, target: str, measured: float, held: bool, note: str) -> bool:
        self.rows.append((what, target, _with(measured, note), "yes" if held else "NO"))
        return held


def _with(measured: float, note: str) -> str:
    number = str(measured) if isinstance(measured, int) else f"{measured:.2f}"
    return f"{number} ({note})" if note else number
