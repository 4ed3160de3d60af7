"""AGI and AGF in both orders: every repair of rename, and what it left."""

import pytest

SCENARIO = "agi-agf"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("none", {"no deadlock"}),
        ("whiteout-first", set()),
        ("whiteout-first-target", {"no deadlock"}),
        ("agi-first", set()),
        ("agi-first-two-groups", {"no deadlock"}),
        ("ag-order", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_the_last_deadlock_is_between_two_renames_alone(explored):
    trace = explored(SCENARIO, "agi-first-two-groups")["no deadlock"].trace
    took = [step for step in trace if step.changes]
    assert sorted(step.task for step in took) == [
        "rename in group 0 over group 1",
        "rename in group 1 over group 0",
    ]


def test_lock_order_is_never_reported_because_buffer_locks_are_semaphores(explored):
    assert all("lock order" not in explored(SCENARIO, o) for o in ("none", "whiteout-first-target"))
