"""What is mutated, and which tests must notice: the core, and the tests that need nothing but memory."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
PACKAGE_PARENT: Final = ROOT / "layers" / "saga_orchestrator"
PACKAGE: Final = PACKAGE_PARENT / "saga_orchestrator"
WORK: Final = ROOT / ".mutation"

OUTER: Final = (
    "adapters/saga_codec.py",
    "adapters/saga_parts.py",
    "adapters/stream_image.py",
    "adapters/aws_errors.py",
    "entrypoints/strict_json.py",
    "entrypoints/decoding.py",
    "entrypoints/faults.py",
    "entrypoints/schemas.py",
)
"""What stands between the core and the world, and can be judged without AWS."""

PACKAGES: Final = ("domain", "application", "adapters", "entrypoints")
ANNOTATIONS_ARE_CODE: Final = "entrypoints/schemas.py"
"""Here pydantic reads the annotations. Elsewhere they do nothing at run time, so no test can see a mutant there."""

STAGES: Final = (
    ("tests/unit/{package}",),
    ("tests/unit",),
    ("tests/handlers/own_saga", "tests/handlers", "tests/release/docs/test_event_documents.py"),
)
"""Each up to its first failure; only what survives a stage comes to the next. `package` is the mutant's: `domain`."""


def modules() -> list[Path]:
    """The files to mutate, the innermost first."""
    inner = sorted((PACKAGE / "domain").rglob("*.py")) + sorted((PACKAGE / "application").rglob("*.py"))
    return [path for path in (*inner, *(PACKAGE / name for name in OUTER)) if path.stat().st_size > 0]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE_PARENT).with_suffix("").parts)


def short(path: Path) -> str:
    """`domain/decide.py`: how reports and the list of survivors name a file."""
    return path.relative_to(PACKAGE).as_posix()
