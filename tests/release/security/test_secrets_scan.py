"""No tracked file holds a credential: every finding of the scanner is looked at once, and then listed with a reason."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

ROOT: Final = Path(__file__).parents[3]
SKIPPED: Final = ("requirements/", "layers/dependencies/requirements.txt", "tests/release/compatibility/golden/")
"""Lock files are lists of hashes, and golden items hold those of invented scripts and requests."""

REVIEWED: Final = {
    ("infra/local_stack/aws/clients.py", "Secret Keyword"): "the emulator's credentials, which it does not check",
    ("infra/local_stack/functions/sandbox.py", "Secret Keyword"): "the emulator's credentials, which it does not check",
    ("infra/sagactl/connection.py", "Secret Keyword"): "the emulator's credentials, which it does not check",
    ("template.yaml", "Secret Keyword"): "the name of an IAM action",
    ("tests/release/benchmarks/scenes.py", "Base64 High Entropy String"): "the name of an invented bucket",
    ("tests/release/built_artefact/test_built_artefact.py", "Secret Keyword"): "credentials that reach nothing",
    ("tests/conftest.py", "Secret Keyword"): "credentials that reach nothing",
    ("tests/proof/fuzz/corpus/envelopes/kafka", "Base64 High Entropy String"): "events as a Kafka batch brings them",
    ("tests/proof/fuzz/corpus/envelopes/self_managed_kafka", "Base64 High Entropy String"): "the same events",
    ("tests/release/template/test_permissions.py", "Secret Keyword"): "an invented ARN",
    ("tests/release/template/test_sources.py", "Secret Keyword"): "an invented ARN",
    ("tests/unit/entrypoints/test_decoding.py", "Hex High Entropy String"): "the pinned hash of a sample request",
}


def findings(path: Path) -> Iterator[str]:
    with default_settings():
        yield from (secret.type for secret in scan_file(str(path)))


def tracked() -> list[str]:
    """What is committed, and what the next commit could take in: afterwards it is too late."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [name for name in listing.split("\0") if name and not name.startswith(SKIPPED) and (ROOT / name).is_file()]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="an unpacked archive does not know what is tracked")
def test_every_finding_was_reviewed() -> None:
    found = {(name, kind) for name in tracked() for kind in findings(ROOT / name)}

    assert found - REVIEWED.keys() == set(), "look at each: a credential is revoked, anything else is listed"
    assert REVIEWED.keys() - found == set(), "listed and no longer there"


def test_the_scanner_finds_a_key(tmp_path: Path) -> None:
    planted = tmp_path / "settings.py"
    planted.write_text(f'AWS_KEY = "AKIA{"Z7QW2LMNB4XCVD9P"}"\n')

    assert "AWS Access Key" in set(findings(planted))
