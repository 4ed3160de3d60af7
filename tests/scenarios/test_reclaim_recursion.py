"""Reclaim from under a filesystem's lock: whose flags count."""

import pytest

from analysis.scenarios.catalogue import run_option, scenarios

SCENARIO = "reclaim-recursion"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        (
            "gfp-kernel",
            {
                "lock order",
                "no deadlock",
                "no self-deadlock",
            },
        ),
        ("gfp-nofs", set()),
        (
            "gfp-nofs-callee",
            {
                "lock order",
                "no deadlock",
                "no self-deadlock",
            },
        ),
        ("nofs-scope", set()),
        ("scope-not-inherited", {"no deadlock"}),
        ("worker-scope", set()),
        ("flush-worker", {"no deadlock"}),
        ("flush-worker-scope", set()),
        ("trylock", set()),
        ("trylock-all-behind", {"the transaction gets its memory"}),
        ("unreferenced", {"lock order"}),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_the_transaction_meets_its_own_lock_in_the_shrinker(explored):
    result = explored(SCENARIO, "gfp-kernel")["no self-deadlock"]
    assert result.trace[-1].function == "shrink_slab"
    assert result.reason == "inode.ilock is already held by the task that asks for it"


def test_the_worker_waits_for_who_waits_for_it(explored):
    reason = explored(SCENARIO, "scope-not-inherited")["no deadlock"].reason
    assert "worker waits for inode.ilock, held by transaction" in reason


def test_unreferenced_inodes_are_a_false_positive_of_lock_classes(explored):
    results = explored(SCENARIO, "unreferenced")
    assert "possible recursive locking" in results["lock order"].reason
    assert results["no deadlock"].verdict.value == "pass"


@pytest.mark.parametrize("option", ["gfp-nofs", "nofs-scope", "trylock"])
def test_no_flag_helps_a_transaction_when_all_memory_lies_behind_its_lock(option):
    record = scenarios()[SCENARIO]
    results = run_option(record, record.option(option), bounds={"clean": 0})
    (memory,) = (r for r in results if r.property == "the transaction gets its memory")
    assert memory.verdict.value == "fail"
