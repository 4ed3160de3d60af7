"""Reclaim that waits for its own task's I/O."""

import pytest

from analysis.model.check import check
from analysis.scenarios.catalogue import run_option, scenarios

SCENARIO = "reclaim-writeback"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("wait-any", {"no deadlock"}),
        ("wait-fs-only", set()),
        ("submit-first", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_the_disk_waits_for_a_bio_that_is_never_submitted(explored):
    result = explored(SCENARIO, "wait-any")["no deadlock"]
    assert "writepages waits" in result.reason
    assert "disk waits" in result.reason
    assert not any("bio.submitted" in step.changes for step in result.trace)


def test_one_task_is_enough():
    record = scenarios()[SCENARIO]
    option = record.option("wait-any")
    tasks = tuple(t for t in record.tasks if t.name != "page fault")
    (result,) = check(tasks, option.settings, record.properties)
    assert result.verdict.value == "fail"
    assert run_option(record, record.option("wait-fs-only"))[0].verdict.value == "pass"
