"""Two readers of a directory and a queued writer."""

import pytest

from analysis.model.check import check
from analysis.scenarios.catalogue import run_option, scenarios

SCENARIO = "readdir-buffer"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("hold", {"no deadlock"}),
        ("release-first", set()),
        ("map-all", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_all_three_are_needed(explored):
    result = explored(SCENARIO, "hold")["no deadlock"]
    assert {s.task for s in result.trace} == {"readdir", "other readdir", "create"}
    assert "other readdir waits for block.lock" in result.reason


def test_without_a_writer_nothing_happens():
    record = scenarios()[SCENARIO]
    readers = tuple(t for t in record.tasks if t.name != "create")
    (result,) = check(readers, record.option("hold").settings, record.properties)
    assert result.verdict.value == "pass"
    assert run_option(record, record.option("hold"))[0].verdict.value == "fail"
