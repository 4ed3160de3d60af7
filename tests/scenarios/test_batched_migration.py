"""Migration in batches: which lock is waited for with others held."""

import pytest

SCENARIO = "batched-migration"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("sync-batch", {"no deadlock"}),
        ("trylock", set()),
        ("blocking-split", {"no deadlock"}),
        ("trylock-split", set()),
        ("one-by-one", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


@pytest.mark.parametrize("option", ["sync-batch", "blocking-split"])
def test_migration_and_writeback_hold_one_folio_each(explored, option):
    reason = explored(SCENARIO, option)["no deadlock"].reason
    assert "migration waits for second.lock, held by writeback" in reason
    assert "writeback waits for first.lock, held by migration" in reason


def test_a_trylock_for_the_batch_is_no_trylock_for_the_split(explored):
    trace = explored(SCENARIO, "blocking-split")["no deadlock"].trace
    assert {s.function for s in trace if s.task == "migration"} == {"lock_in_batch", "try_split_folio"}
