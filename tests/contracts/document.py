"""`python -m tests.contracts.document`: write docs/emulators.md."""

from tests.contracts.differences import DOCUMENT, document

if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
