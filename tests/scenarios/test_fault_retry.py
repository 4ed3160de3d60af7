"""A fault that sleeps under mmap_lock, or starts over: how often."""

import pytest

SCENARIO = "fault-retry"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("sleep", {"no sleep on a page lock with mmap_lock held"}),
        ("retry-once", {"no sleep on a page lock with mmap_lock held"}),
        ("retry-always", {"the fault ends"}),
        ("retry-signal", set()),
        ("nowait", set()),
        ("nowait-unaware", {"mmap_lock is released by the end of the fault"}),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_a_single_retry_sleeps_the_second_time(explored):
    trace = explored(SCENARIO, "retry-once")["no sleep on a page lock with mmap_lock held"].trace
    assert [step.text for step in trace].count("up_read(mm.mmap_lock)") == 1
    assert trace[-1].text.startswith("assert_(")


def test_unlimited_retries_fail_even_with_fair_locks(explored):
    assert explored(SCENARIO, "retry-always")["the fault ends"].strength == "under strongly fair locks"


def test_what_is_left_of_bounded_retries_is_losing_an_unfair_lock(explored):
    for option in ("retry-once", "retry-signal"):
        result = explored(SCENARIO, option)["the fault ends"]
        assert any(note.startswith("accepted") for note in result.notes)
