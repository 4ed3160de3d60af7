"""Thaw against who holds s_umount: what each repair leaves."""

import pytest

SCENARIO = "thaw-umount"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("none", {"no deadlock"}),
        ("deferred", {"lookup ends while frozen"}),
        ("sync-gc", {"freeze and thaw end"}),
        ("gc-once", {"lookup ends while frozen"}),
        ("thaw-lock", set()),
        ("reuse", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_drop_caches_holds_what_thaw_wants(explored):
    reason = explored(SCENARIO, "none")["no deadlock"].reason
    assert "freeze and thaw waits for sb.s_umount, held by drop_caches" in reason


def test_synchronous_gc_spins_on_a_lock_whose_holder_waits_for_the_thaw(explored):
    result = explored(SCENARIO, "sync-gc")["freeze and thaw end"]
    assert result.strength == "inescapable"
    assert {step.task for step in result.trace[result.cycle_start :]} == {"freeze and thaw"}
    assert "read" in {step.task for step in result.trace}


def test_best_effort_loses_to_an_inode_queued_afterwards(explored):
    trace = explored(SCENARIO, "gc-once")["lookup ends while frozen"].trace
    frozen = next(k for k, s in enumerate(trace) if s.changes.get("sb.frozen") == "0 → 1")
    queued = next(k for k, s in enumerate(trace) if s.changes.get("inode.queued") == "0 → 1")
    assert frozen < queued
