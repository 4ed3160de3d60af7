"""The walk over page waiters: who is met again and again."""

import pytest

SCENARIO = "wakeup-walk"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("bookmark", {"the walk over the waiters ends"}),
        ("one-hold", set()),
        ("wait-once", {"no writeback after waiting for it"}),
        ("wait-loops", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_the_walk_and_both_waiters_go_round(explored):
    result = explored(SCENARIO, "bookmark")["the walk over the waiters ends"]
    cycle = result.trace[result.cycle_start :]
    queued = [(s.task, change) for s in cycle for c, change in s.changes.items() if "queued" in c]
    # woken by the walk that should end, and back in the queue before it comes past
    assert ("end of writeback", "1 → 0") in queued
    assert {task for task, change in queued if change == "0 → 1"} <= {"sync", "other sync"}
    assert any(change == "0 → 1" for _, change in queued)


def test_the_stale_wake_up_comes_from_the_writeback_before(explored):
    trace = explored(SCENARIO, "wait-once")["no writeback after waiting for it"].trace
    restarted = next(k for k, s in enumerate(trace) if s.changes.get("page.writeback") == "0 → 1")
    woken = next(k for k, s in enumerate(trace) if s.changes.get("page.queued[1]") == "1 → 0")
    assert restarted < woken
    assert trace[woken].task == "end of writeback"
