"""Retries under a sequence counter: what ends them."""

import pytest

SCENARIO = "sequence-retry"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("retry", {"the walk ends"}),
        ("lock-second", set()),
        (
            "retry-locked",
            {
                "no deadlock",
                "no lock order",
                "no self-deadlock",
            },
        ),
        ("give-up-odd", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_the_writer_disturbs_every_pass(explored):
    result = explored(SCENARIO, "retry")["the walk ends"]
    cycle = result.trace[result.cycle_start :]
    assert result.strength == "under strongly fair locks"
    assert any(s.task == "walk" and s.text == "if not dcache.moved" for s in cycle)
    assert any(s.task == "renames" and s.text.startswith("dcache.odd = 1") for s in cycle)


def test_with_a_lock_only_the_race_for_an_unfair_spinlock_is_left(explored):
    for option in ("lock-second", "give-up-odd"):
        result = explored(SCENARIO, option)["the walk ends"]
        assert result.strength == "only under weak fairness"


def test_the_retry_branch_takes_the_lock_twice(explored):
    trace = explored(SCENARIO, "retry-locked")["no self-deadlock"].trace
    assert sum(s.task == "walk" and s.text.startswith("spin_lock(") for s in trace) == 2
