"""No tracked file holds a credential: every finding of the scanner is looked at once, and then listed with a reason."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, cast

import pytest
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

ROOT: Final = Path(__file__).parents[3]
SKIPPED: Final = ("requirements/", "layers/dependencies/requirements.txt", "tests/release/compatibility/golden/")
"""Lock files are lists of hashes, and golden items hold those of invented scripts and requests."""

REVIEWED: Final = {
    ("infra/local_stack/aws/clients.py", "Secret Keyword"): "the emulator's credentials, which it does not check",
    ("infra/local_stack/functions/sandbox.py", "Secret Keyword"): "the emulator's credentials, which it does not check",
    ("infra/sagactl/incidents/preparing.py", "Secret Keyword"): "the emulator's credentials, which it does not check",
    ("tests/handlers/test_traceparent.py", "Hex High Entropy String"): "invented traces",
    ("tests/tools/console/fetch_chromium.py", "Hex High Entropy String"): "the digest of a package",
    (
        "tests/unit/entrypoints/console_files/test_joining.py",
        "Hex High Entropy String",
    ): "the digest of a vendored file",
    ("infra/sagactl/connection.py", "Secret Keyword"): "the emulator's credentials, which it does not check",
    ("docs/asyncapi.yaml", "Hex High Entropy String"): "the hash of an invented script",
    ("docs/channels.md", "Hex High Entropy String"): "the same hash",
    ("template.yaml", "Secret Keyword"): "the name of an IAM action",
    ("tests/release/benchmarks/scenes.py", "Base64 High Entropy String"): "the name of an invented bucket",
    ("tests/release/benchmarks/fresh_processes.py", "Secret Keyword"): "credentials that reach nothing",
    ("tests/handlers/test_kafka_login.py", "Secret Keyword"): "invented passwords of an invented broker",
    ("tests/release/template/checks/equal_parts.py", "Secret Keyword"): "an invented ARN",
    ("tests/release/template/checks/wanted_grants.py", "Secret Keyword"): "an invented ARN",
    ("tests/release/template/checks/values.py", "Secret Keyword"): "an invented ARN",
    ("tests/release/template/checks/names.py", "Secret Keyword"): "an invented ARN",
    ("tests/release/built_artefact/test_built_artefact.py", "Secret Keyword"): "credentials that reach nothing",
    ("tests/conftest.py", "Secret Keyword"): "credentials that reach nothing",
    ("tests/proof/fuzz/corpus/envelopes/kafka", "Base64 High Entropy String"): "events as a Kafka batch brings them",
    ("tests/proof/fuzz/corpus/envelopes/self_managed_kafka", "Base64 High Entropy String"): "the same events",
    ("tests/release/template/test_permissions.py", "Secret Keyword"): "an invented ARN",
    ("tests/release/template/test_sources.py", "Secret Keyword"): "an invented ARN",
    ("tests/release/template/test_envelopes.py", "Secret Keyword"): "an invented ARN",
    ("tests/release/template/test_parameters.py", "Secret Keyword"): "an invented ARN",
    ("tests/release/template/test_parameters.py", "Basic Auth Credentials"): "an invented URL that is refused",
    ("tests/tools/local_stack/test_envelopes_end_to_end.py", "Base64 High Entropy String"): "names of parameters",
    ("tests/tools/local_stack/test_signatures.py", "Secret Keyword"): "a secret that signs nothing",
    ("tests/tools/sagactl/test_reading_over_http.py", "Secret Keyword"): "a word that is no key",
    ("tests/conformance/requirements/17-envelopes.yaml", "Hex High Entropy String"): "a framing with an invented id",
    ("tests/release/template/test_kafka_relay.py", "Secret Keyword"): "an invented ARN",
    (
        "tests/unit/application/test_operators_acts.py",
        "Secret Keyword",
    ): "an invented word, looked for where it must not be",
    ("tests/unit/entrypoints/test_decoding.py", "Hex High Entropy String"): "the pinned hash of a sample request",
}


def findings(path: Path) -> Iterator[str]:
    with default_settings():
        yield from (secret.type for secret in scan_file(str(path)))


class Scanned:
    """What earlier runs found, by a file's name and content: only what changed is read again."""

    KEY = f"secrets-scan/{version('detect-secrets')}"

    def __init__(self, cache: pytest.Cache) -> None:
        self._cache, self._seen = cache, dict(cache.get(self.KEY, {}))
        self._now: dict[str, list[str]] = {}

    def findings(self, path: Path) -> list[str]:
        key = f"{path.relative_to(ROOT)}:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        kinds = self._seen[key] if key in self._seen else sorted(set(findings(path)))
        self._now[key] = kinds
        return kinds

    def keep(self) -> None:
        """Of the files that there are now."""
        self._cache.set(self.KEY, self._now)


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
def test_every_finding_was_reviewed(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.cache is not None
    scanned = Scanned(pytestconfig.cache)
    found = {(name, kind) for name in tracked() for kind in scanned.findings(ROOT / name)}
    scanned.keep()

    assert found - REVIEWED.keys() == set(), "look at each: a credential is revoked, anything else is listed"
    assert REVIEWED.keys() - found == set(), "listed and no longer there"


def test_what_was_scanned_is_remembered_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Kept:
        def __init__(self) -> None:
            self.values: dict[str, Any] = {}

        def get(self, key: str, default: Any) -> Any:
            return self.values.get(key, default)

        def set(self, key: str, value: Any) -> None:
            self.values[key] = json.loads(json.dumps(value))

    read: list[str] = []
    monkeypatch.setitem(globals(), "ROOT", tmp_path)

    def one_key(path: Path) -> list[str]:
        read.append(path.read_text())
        return ["a key"]

    monkeypatch.setitem(globals(), "findings", one_key)
    file, cache = tmp_path / "settings.py", Kept()
    for content in ("first", "first", "second"):
        file.write_text(content)
        scanned = Scanned(cast("pytest.Cache", cache))
        assert scanned.findings(file) == ["a key"]
        scanned.keep()

    assert read == ["first", "second"]


def test_the_scanner_finds_a_key(tmp_path: Path) -> None:
    planted = tmp_path / "settings.py"
    planted.write_text(f'AWS_KEY = "AKIA{"Z7QW2LMNB4XCVD9P"}"\n')

    assert "AWS Access Key" in set(findings(planted))
