"""Lost wake-ups on a bit: which order loses it."""

import pytest

SCENARIO = "bit-wakeup"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("test-first", {"no missed wake-up"}),
        ("timeout", set()),
        ("no-barrier", {"no missed wake-up"}),
        ("barrier", set()),
        ("one-word", set()),
        ("always-wake", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_the_reordered_waker_looks_before_the_flag_is_set(explored):
    texts = [step.text for step in explored(SCENARIO, "no-barrier")["no missed wake-up"].trace]
    looked = texts.index("waiters = bool(page.waiters)")
    assert looked < texts.index("page.waiters = 1") < texts.index("page.locked = 0")


def test_testing_first_loses_the_wake_up_in_the_gap(explored):
    trace = explored(SCENARIO, "test-first")["no missed wake-up"].trace
    tested = next(k for k, step in enumerate(trace) if step.text == "while page.locked")
    announced = next(k for k, step in enumerate(trace) if "task.asleep[0]" in step.changes)
    assert any(step.task == "waker" for step in trace[tested:announced])


def test_a_timeout_is_never_put_to_the_test(explored):
    assert not explored(SCENARIO, "timeout")["no missed wake-up"].exercised
