"""The OOM victim and who waits for it."""

import pytest

from analysis.scenarios.catalogue import run_option, scenarios

SCENARIO = "oom-victim"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("wait", {"no deadlock"}),
        ("reserves", {"no deadlock"}),
        ("reaper", set()),
        ("reaper-mmap-held", {"no deadlock"}),
        ("skip", set()),
        ("may-fail", set()),
        ("reaper-unguarded", {"no page tables used after they were freed"}),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


@pytest.mark.parametrize("option", ["wait", "reserves"])
def test_the_victim_waits_for_a_lock_and_memory_for_the_victim(explored, option):
    reason = explored(SCENARIO, option)["no deadlock"].reason
    assert "victim waits for res.lock, held by allocating task" in reason


def test_the_reaper_gives_up_after_its_tries(explored):
    trace = explored(SCENARIO, "reaper-mmap-held")["no deadlock"].trace
    assert sum(step.text.startswith("if down_read_trylock") for step in trace) == 2


def test_more_tries_dont_help_when_mmap_lock_is_held():
    record = scenarios()[SCENARIO]
    results = run_option(record, record.option("reaper-mmap-held"), bounds={"tries": 4})
    assert [r.verdict.value for r in results if r.property == "no deadlock"] == ["fail"]


def test_reaper_and_exit_meet_on_the_page_tables(explored):
    result = explored(SCENARIO, "reaper-unguarded")["no page tables used after they were freed"]
    assert result.reason == "tables is walked by the reaper"
    assert result.trace[-1].task == "reaper"
