"""`python -m tests.release.docs.channels` writes docs/asyncapi.yaml, its schemas and docs/channels.md."""

from tests.release.docs.channels.documents import SCHEMAS, texts

for path, text in texts().items():
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
kept = set(texts())
for left in SCHEMAS.glob("*/*.schema.json"):
    if left not in kept:
        left.unlink()
