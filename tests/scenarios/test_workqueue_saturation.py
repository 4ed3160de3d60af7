"""A full workqueue: slots are what everybody waits for."""

import pytest

from analysis.scenarios.catalogue import run_option, scenarios

SCENARIO = "workqueue-saturation"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("shared", {"no deadlock"}),
        ("more-slots", set()),
        ("more-slots-more-items", {"no deadlock"}),
        ("own-queue", set()),
        ("drop-mutex", set()),
        ("wait-inside", {"no deadlock"}),
        ("wait-inside-split", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_the_item_waited_for_finds_no_slot(explored):
    result = explored(SCENARIO, "shared")["no deadlock"]
    assert "css offline item waits for cgroup_wq.slots" in result.reason
    assert "css free item waits for cgroup.cgroup_mutex, held by rmdir" in result.reason


def test_the_bound_only_shifts(explored):
    assert explored(SCENARIO, "more-slots-more-items")["no deadlock"].bounds["max_active"] == 2
    record = scenarios()[SCENARIO]
    (result,) = run_option(record, record.option("more-slots-more-items"), bounds={"max_active": 3})
    assert result.verdict.value == "pass"


def test_no_mutex_is_needed_for_one_item_to_wait_for_another(explored):
    trace = explored(SCENARIO, "wait-inside")["no deadlock"].trace
    assert not any("mutex" in step.text for step in trace)
