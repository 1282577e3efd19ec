"""What expressions are made of, once they are parsed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Path:
    """Names (with their `#` when they are placeholders) and list positions."""

    parts: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A `:placeholder`."""

    name: str


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    arguments: tuple["Operand", ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: str
    left: "Operand"
    right: "Operand"


Operand = Path | Value | Function | Arithmetic


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    subject: Operand
    lower: Operand
    upper: Operand


@dataclass(frozen=True, slots=True)
class In:
    subject: Operand
    choices: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Not:
    inner: "Condition"


@dataclass(frozen=True, slots=True)
class All:
    left: "Condition"
    right: "Condition"


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 - beside All; Any is typing's
    left: "Condition"
    right: "Condition"


Condition = Comparison | Between | In | Function | Not | All | Any_


@dataclass(frozen=True, slots=True)
class Update:
    sets: tuple[tuple[Path, Operand], ...]
    removes: tuple[Path, ...]
    adds: tuple[tuple[Path, Value], ...]
    deletes: tuple[tuple[Path, Value], ...]

    def paths(self) -> list[Path]:
        return [path for path, _ in self.sets + self.adds + self.deletes] + list(self.removes)
