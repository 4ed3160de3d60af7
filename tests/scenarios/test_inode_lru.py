"""Eviction under the LRU walk: the walker waits for itself."""

import pytest

SCENARIO = "inode-lru"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("iget", {"no deadlock"}),
        ("flag-pin", set()),
        ("flag-only", {"no inode used after it was freed"}),
        ("put-late", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_the_shrinker_alone_is_stuck(explored):
    result = explored(SCENARIO, "iget")["no deadlock"]
    assert result.reason == "inode shrinker waits for a condition"
    assert result.trace[-1].function == "iget_ea"


def test_the_inode_is_freed_between_the_flag_and_its_use(explored):
    trace = explored(SCENARIO, "flag-only")["no inode used after it was freed"].trace
    assert trace[-1].function == "strip_page_cache"
    assert [step.task for step in trace if "reg.freed" in step.changes] == ["unlink"]
