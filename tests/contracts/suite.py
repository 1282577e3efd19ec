"""All cases, in one order."""

from typing import Final

from tests.contracts.case import Case, Chapter
from tests.contracts.cases import conditions, items, queries, storage_and_messages, streams, transactions, updates

CHAPTERS: Final[tuple[Chapter, ...]] = (
    conditions.CHAPTER,
    updates.CHAPTER,
    items.CHAPTER,
    transactions.CHAPTER,
    queries.CHAPTER,
    streams.CHAPTER,
    storage_and_messages.S3,
    storage_and_messages.SQS,
    storage_and_messages.EVENTS,
)
CASES: Final[tuple[Case, ...]] = tuple(case for chapter in CHAPTERS for case in chapter.cases)
