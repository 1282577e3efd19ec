"""A ledger's words are read back as they were written, whatever numbers stand in them."""

from hypothesis import example, given
from hypothesis import strategies as st

from saga_orchestrator.domain.flow.ledger import Entry, Ledger, Standing

NUMBERS = st.integers(1, 9999)
INSTANTS = st.none() | st.integers(0, 10**15 - 1)
ENTRIES = st.builds(
    Entry,
    step=st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True),
    standing=st.sampled_from(Standing),
    attempt=st.integers(0, 9999),
    unanswered=st.integers(0, 2**256 - 1),
    undo=st.integers(0, 9999),
    repeated=st.integers(0, 9),
    first=NUMBERS,
    since=INSTANTS,
    due=INSTANTS,
)


@given(ENTRIES)
@example(Entry("ship", Standing.ASKED, attempt=4, unanswered=0b11110, first=4))
def test_a_word_is_read_back_as_it_was_written(entry: Entry) -> None:
    assert Entry.parse(str(entry)) == entry


@given(st.lists(ENTRIES, max_size=4, unique_by=lambda entry: entry.step))
def test_a_ledger_is_read_back_as_it_was_written(entries: list[Entry]) -> None:
    ledger = Ledger(tuple(entries))

    assert Ledger.parse(str(ledger)) == ledger
