"""Throttling of who cleans: how far a bonus goes."""

import pytest

from analysis.scenarios.catalogue import run_option, scenarios

SCENARIO = "loop-throttle"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("equal", {"no deadlock"}),
        ("bonus", set()),
        ("bonus-stacked", {"no deadlock"}),
        ("local", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_equal_throttling_hangs_when_the_upper_device_is_at_the_limit(explored):
    trace = explored(SCENARIO, "equal")["no deadlock"].trace
    dirty = [s.changes["dev.dirty[0]"] for s in trace if "dev.dirty[0]" in s.changes]
    assert dirty == ["0 → 1", "1 → 2"]
    assert not any("dev.dirty[1]" in s.changes for s in trace)


def test_the_higher_worker_uses_the_bonus_up(explored):
    trace = explored(SCENARIO, "bonus-stacked")["no deadlock"].trace
    assert [s.task for s in trace if "dev.dirty[1]" in s.changes] == ["loop thread"]
    assert "lower loop thread" in {s.task for s in trace if "waits" in s.text}


@pytest.mark.parametrize("limit", [1, 2])
def test_a_local_limit_holds_for_any_limit(limit):
    record = scenarios()[SCENARIO]
    (result,) = run_option(record, record.option("local"), bounds={"limit": limit})
    assert (result.verdict.value, result.mutant.value) == ("pass", "fails")
